import {LitElement, html, css} from 'lit';

/**
 * Shows the workers, and how they are started and why. Reloads both whenever the pool reports an event, and every two
 * seconds, because the beginning and the end of a request are no events.
 */
class QwcQuern extends LitElement {
    static BASE = new URL('.', import.meta.url);
    static SETTLE_MILLIS = 150;
    static AGAIN_MILLIS = 2000;
    static EVERY_MILLIS = 2000;

    static properties = {
        _pool: {state: true},
        _decision: {state: true},
        _problem: {state: true},
    };

    static styles = css`
        :host { display: block; padding: 0.5em 1em; }
        h4 { margin: 0.3em 0; }
        ul { margin: 0 0 0.6em 0; padding-left: 1.4em; }
        table { border-collapse: collapse; }
        th, td { text-align: left; padding: 0.15em 1.2em 0.15em 0; }
        th { color: var(--lumo-contrast-60pct); font-weight: normal; }
        a { color: var(--lumo-primary-text-color); margin-right: 1.2em; }
        code { color: var(--lumo-contrast-60pct); }
    `;

    connectedCallback() {
        super.connectedCallback();
        this._follow();
        this._every = setInterval(() => this._refreshSoon(), QwcQuern.EVERY_MILLIS);
    }

    disconnectedCallback() {
        clearInterval(this._every);
        this._events?.close();
        clearTimeout(this._soon);
        clearTimeout(this._again);
        super.disconnectedCallback();
    }

    /** Each connection starts with an event, so the tab also refreshes after a live reload. */
    _follow() {
        this._events = new EventSource(this._url('pool/events'));
        for (const name of ['pool', 'worker', 'model', 'migration']) {
            this._events.addEventListener(name, () => this._refreshSoon());
        }
        this._events.onerror = () => {
            this._events.close();
            this._refreshSoon();
            this._again = setTimeout(() => this._follow(), QwcQuern.AGAIN_MILLIS);
        };
    }

    _refreshSoon() {
        clearTimeout(this._soon);
        this._soon = setTimeout(() => this._refresh(), QwcQuern.SETTLE_MILLIS);
    }

    async _refresh() {
        try {
            [this._pool, this._decision] = await Promise.all([this._get('pool'), this._get('decision')]);
            this._problem = null;
        } catch (error) {
            this._problem = error.message;
        }
    }

    async _get(view) {
        const response = await fetch(this._url(view));
        if (!response.ok) {
            throw new Error(response.status === 404
                ? 'The pool is not available, because quern.ops.enabled is false.'
                : `${this._url(view)} returned status ${response.status}.`);
        }
        return response.json();
    }

    _url(view) {
        return new URL(view, QwcQuern.BASE).pathname;
    }

    render() {
        if (this._problem) {
            return html`<p>${this._problem}</p>`;
        }
        if (!this._pool) {
            return html`<p>Loading...</p>`;
        }
        return html`${this._renderPool(this._pool)}${this._renderModels(this._pool.models)}${this._renderDecisions(this._decision)}
            <a href=${this._url('decision')} target="_blank">decision</a>
            <a href=${this._url('pool')} target="_blank">pool</a>
            <a href=${this._url('pool/events')} target="_blank">events</a>`;
    }

    _renderPool(pool) {
        const several = pool.models.length > 1;
        const rows = several
            ? pool.models.flatMap(model => model.workers.map(worker => [model.name, worker]))
            : pool.workers.map(worker => ['', worker]);
        return html`
            <h4>Pool: ${pool.state}${pool.reason ? html`, ${pool.reason}` : ''};
                ${pool.running} requests running, ${pool.waiting} waiting, ${pool.migrations} moved to another worker</h4>
            <table>
                <tr>${several ? html`<th>model</th>` : ''}<th>worker</th><th>pid</th><th>state</th><th>slots in use</th><th>restarts</th><th>start method</th><th>device</th><th>last exit</th></tr>
                ${rows.map(([model, worker]) => html`<tr>
                    ${several ? html`<td>${model}</td>` : ''}
                    <td>${worker.id}${worker.standby ? ' (standby)' : ''}</td>
                    <td>${worker.pid ?? '-'}</td>
                    <td>${worker.state}${worker.detail ? html`: ${worker.detail}` : ''}</td>
                    <td>${worker.busySlots} of ${worker.slots}</td>
                    <td>${worker.restarts}</td>
                    <td>${worker.startMethod}</td>
                    <td>${worker.device}</td>
                    <td>${worker.lastExit ?? '-'}</td>
                </tr>`)}
            </table>`;
    }

    /** Shows all models, also those that are not loaded, if there are several. */
    _renderModels(models) {
        if (models.length < 2) {
            return '';
        }
        return html`
            <h4>${models.length} models, ${models.filter(model => model.state === 'ready').length} of them ready</h4>
            <table>
                <tr><th>model</th><th>state</th><th>loaded</th><th>slots in use</th><th>running</th><th>waiting</th></tr>
                ${models.map(model => html`<tr>
                    <td>${[model.name, ...model.aliases].join(', ')}${model.byDefault ? ' (default)' : ''}</td>
                    <td>${model.state}${model.detail ? html`: ${model.detail}` : ''}</td>
                    <td>${model.pinned ? 'at boot' : 'on demand'}</td>
                    <td>${model.slots ? `${model.busySlots} of ${model.slots}` : '-'}</td>
                    <td>${model.running}</td>
                    <td>${model.waiting}</td>
                </tr>`)}
            </table>`;
    }

    /** With several models there is one decision for each; those that say the same are shown once. */
    _renderDecisions(answer) {
        const all = answer?.models ?? [{model: '', decision: answer}];
        const same = new Map();
        for (const {model, decision} of all.filter(one => one.decision)) {
            const {facts, ...shown} = decision;
            const key = JSON.stringify(shown);
            same.set(key, {decision, models: [...(same.get(key)?.models ?? []), model]});
        }
        const several = all.length > 1;
        return [...same.values()].map(({decision, models}) => this._renderDecision(decision, several ? models : []));
    }

    _renderDecision(decision, models) {
        return html`
            <h4>Start method${models.length ? html` of ${models.join(', ')}` : ''}: ${decision.method}
                (requested: ${decision.requested})</h4>
            <ul>
                ${decision.rules.map(rule => html`<li><code>${rule.id}</code> ${rule.message}</li>`)}
                ${decision.rejected.map(other => html`<li>not ${other.method}: ${other.reason}</li>`)}
                ${decision.warnings.map(warning => html`<li>Warning: ${warning}</li>`)}
                ${decision.revisions.map(one => html`<li>Revised from ${one.from} to ${one.to}: ${one.cause}</li>`)}
            </ul>`;
    }
}
customElements.define('qwc-quern', QwcQuern);
