// Reports lines of paragraphs and headings that are longer than options.max characters. Ignores tables, code blocks and
// lines that cannot be broken, such as a line with only an image or a link.
export default function (context, options = {}) {
  const { Syntax, RuleError, report, locator, getSource } = context;
  const max = options.max ?? 120;
  const check = (node) => {
    let begin = 0;
    // counts what precedes the node in its first line, such as the dash of a list
    const indent = node.loc.start.column;
    for (const [index, line] of getSource(node).split("\n").entries()) {
      const length = line.length + (index === 0 ? indent : 0);
      if (length > max && /\S\s+\S/.test(line.replace(/!?\[[^\]]*\]\([^)]*\)/g, "_"))) {
        report(node, new RuleError(`the line has ${length} characters; the limit is ${max}`, { padding: locator.at(begin) }));
      }
      begin += line.length + 1;
    }
  };
  return { [Syntax.Paragraph]: check, [Syntax.Header]: check };
}
