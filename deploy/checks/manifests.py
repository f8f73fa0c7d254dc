"""Validates Kubernetes documents strictly against the two newest versions of Kubernetes for which schemas exist.

    manifests.py EXEMPT-KINDS FILE...       each file is a rendered overlay or a single manifest

A kind without a schema is a problem unless the file EXEMPT-KINDS lists it; kubernetes-validate would only warn.
Also checks that pods follow the "restricted" Pod Security Standard and get enough time to stop Quern, that Quern does
not start without its API keys, and that selectors match pods.
"""

import sys

import kubernetes_validate
import yaml
from kubernetes_validate.utils import all_versions, major_minor

WORKERS_END_SECONDS = 10  # GracefulStop.WORKERS_END
GRACE_SECONDS = 30  # quern.shutdown.grace
KEYS = "QUERN_OPENAI_API_KEYS"
WITHOUT_KEYS = "quern.io/without-keys"  # an annotation of a Deployment that serves everyone on purpose


def exempt_kinds(file):
    kinds = {}
    for line in open(file):
        if line.strip() and not line.startswith("#"):
            api_version, kind, reason = line.split(None, 2)
            kinds[api_version, kind] = reason.strip()
    return kinds


def newest_versions(count):
    known = {major_minor(version) for version in all_versions()}
    return sorted(known, key=lambda version: [int(number) for number in version.split(".")])[-count:]


def schema_problems(document, versions):
    """Yields problems; raises SchemaNotFoundError if the kind has no schema."""
    for version in versions:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as e:
            yield f"Kubernetes {version}: {'.'.join(str(part) for part in e.path)}: {e.message}"


def pod_problems(pod):
    of_pod = pod.get("securityContext", {})
    if of_pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "seccompProfile is not RuntimeDefault"
    if pod.get("automountServiceAccountToken") is not False:
        yield "the service account's token is mounted"
    if pod.get("enableServiceLinks") is not False:
        yield "enableServiceLinks is not false: Quern would take variables of a Service named quern for configuration"
    for container in pod.get("initContainers", []) + pod["containers"]:
        own = container.get("securityContext", {})
        if not {**of_pod, **own}.get("runAsNonRoot"):
            yield f"{container['name']} may run as root"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{container['name']} may gain privileges"
        if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
            yield f"{container['name']} keeps capabilities"
        if not own.get("readOnlyRootFilesystem"):
            yield f"{container['name']} may write to its root file system"


def seconds(duration):
    unit = {"s": 1, "m": 60, "h": 3600}
    return int(duration) if duration.isdigit() else int(duration[:-1]) * unit[duration[-1]]


def end_problems(pod):
    for container in pod["containers"]:
        environment = {variable["name"]: variable.get("value", "") for variable in container.get("env", [])}
        grace = seconds(environment.get("QUERN_SHUTDOWN_GRACE", f"{GRACE_SECONDS}s"))
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        needed = sleep + grace + WORKERS_END_SECONDS
        if pod.get("terminationGracePeriodSeconds", 30) <= needed:
            yield (
                f"terminationGracePeriodSeconds must be more than {needed} s, which is the sum of preStop, "
                "quern.shutdown.grace and the time to stop the workers"
            )


def key_problems(containers):
    """Yields engines that would start without their Secret, and so serve everyone."""
    for container in containers:
        if "quern" not in container["image"]:
            continue
        keys = [variable for variable in container.get("env", []) if variable["name"] == KEYS]
        secret = keys[0].get("valueFrom", {}).get("secretKeyRef") if keys else None
        if not secret:
            yield f"{container['name']} has no {KEYS} from a Secret"
        elif secret.get("optional"):
            yield f"the Secret of {KEYS} is optional: without it {container['name']} would serve everyone"


def deployed_problems(document):
    pod = document["spec"]["template"]["spec"]
    yield from pod_problems(pod)
    if any("quern" in container["image"] for container in pod["containers"]):
        yield from end_problems(pod)
        if WITHOUT_KEYS not in document["metadata"].get("annotations", {}):
            yield from key_problems(pod["containers"])


def selector_problems(document, labels_of_pods):
    """Yields selectors that match no pod in the same rendered file."""
    spec = document.get("spec", {})
    selector = {
        "Service": lambda: spec.get("selector"),
        "PodDisruptionBudget": lambda: spec.get("selector", {}).get("matchLabels"),
        "NetworkPolicy": lambda: spec["podSelector"].get("matchLabels"),
        "PodMonitor": lambda: spec["selector"].get("matchLabels"),
    }.get(document["kind"], lambda: labels_of_pods[0])()
    if not selector or not any(selector.items() <= labels.items() for labels in labels_of_pods):
        yield f"its selector {selector} matches no pod in the same file"


def main(exempt_file, files):
    versions = newest_versions(2)
    exempt = exempt_kinds(exempt_file)
    met, problems, documents = set(), [], 0
    for file in files:
        in_file = [document for document in yaml.safe_load_all(open(file)) if document]
        labels_of_pods = [d["spec"]["template"]["metadata"].get("labels", {}) for d in in_file if d["kind"] == "Deployment"]
        for document in in_file:
            documents += 1
            kind = document["apiVersion"], document["kind"]
            found = []
            try:
                found += schema_problems(document, versions)
                if kind in exempt:
                    found.append(f"{kind[1]} is in {exempt_file}, but it has a schema")
            except kubernetes_validate.SchemaNotFoundError:
                met.add(kind)
                if kind not in exempt:
                    found.append(f"{kind[0]} {kind[1]} has no schema, and is not in {exempt_file}")
            if labels_of_pods:
                found += selector_problems(document, labels_of_pods)
            if kind[1] == "Deployment":
                found += deployed_problems(document)
            if kind[1] == "ServingRuntime":
                found += key_problems(document["spec"]["containers"])
            problems += [f"{file}: {kind[1]} {document['metadata']['name']}: {problem}" for problem in found]
    for _, kind in sorted(exempt.keys() - met):
        print(f"{exempt_file}: no document has the kind {kind}")
    for problem in problems:
        print(problem)
    without = ", ".join(kind for _, kind in sorted(met)) or "none"
    print(f"{documents} documents, Kubernetes {' and '.join(versions)}; exempt: {without}")
    return 1 if problems or not documents else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
