// Reports sentences of more words than options.max. Code within a sentence counts as one word.
import { split } from "sentence-splitter";
import { StringSource } from "textlint-util-to-string";

export default function (context, options = {}) {
  const { Syntax, RuleError, report, locator } = context;
  const max = options.max ?? 35;
  const code = ({ node, maskValue }) => (node.type === Syntax.Code ? maskValue("_") : undefined);
  return {
    [Syntax.Paragraph](node) {
      const source = new StringSource(node, { replacer: code });
      for (const sentence of split(source.toString()).filter((part) => part.type === "Sentence")) {
        const words = sentence.raw.split(/\s+/).filter((word) => /[\p{L}\p{N}_]/u.test(word)).length;
        if (words > max) {
          const index = source.originalIndexFromIndex(sentence.range[0]) ?? 0;
          report(node, new RuleError(`the sentence has ${words} words; the limit is ${max}. Split it`, { padding: locator.at(index) }));
        }
      }
    },
  };
}
