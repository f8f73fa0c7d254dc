// Reports lines of paragraphs and headings that are longer than options.max characters. Tables and code blocks may be longer, and so may a
// line that cannot be broken, such as an image or a link alone.
export default function (context, options = {}) {
  const { Syntax, RuleError, report, locator, getSource } = context;
  const max = options.max ?? 120;
  const check = (node) => {
    let begin = 0;
    // with what stands before the node in its first line, such as a list's dash
    const indent = node.loc.start.column;
    for (const [index, line] of getSource(node).split("\n").entries()) {
      const length = line.length + (index === 0 ? indent : 0);
      if (length > max && /\S\s+\S/.test(line.replace(/!?\[[^\]]*\]\([^)]*\)/g, "_"))) {
        report(node, new RuleError(`a line of ${length} characters, at most ${max}`, { padding: locator.at(begin) }));
      }
      begin += line.length + 1;
    }
  };
  return { [Syntax.Paragraph]: check, [Syntax.Header]: check };
}
