package io.quern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.IdGenerator;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.junit.jupiter.api.Test;

/** Checks that relative links in documents lead to existing files, and their fragments to headings or anchors. */
class LinksTest {
    private static final Parser PARSER =
            Parser.builder().extensions(List.of(TablesExtension.create())).build();
    private static final Pattern ANCHOR = Pattern.compile("<a (?:id|name)=\"([^\"]+)\"");
    private static final Pattern ABSOLUTE = Pattern.compile("^(?:[a-z]+:|//).*");

    /** The anchors that a document has, and the links that it contains. */
    private record Document(Set<String> anchors, List<String> links) {}

    @Test
    void linksLeadToFilesAndHeadings() throws IOException {
        Map<Path, Document> documents = new HashMap<>();
        for (Path file : documents()) {
            documents.put(file, read(file));
        }
        List<String> broken = new ArrayList<>();
        documents.forEach((file, document) -> document.links().stream()
                .filter(link -> !leads(file, link, documents))
                .forEach(link -> broken.add(file + ": " + link)));

        assertThat(documents.values().stream()
                        .mapToInt(one -> one.links().size())
                        .sum())
                .isGreaterThan(200);
        assertThat(broken).isEmpty();
    }

    private static List<Path> documents() throws IOException {
        List<Path> files =
                new ArrayList<>(List.of(Path.of("README.md"), Path.of("CHANGELOG.md"), Path.of("SECURITY.md")));
        for (String folder : List.of("docs", "deploy", "src/demo-model")) {
            try (Stream<Path> below = Files.walk(Path.of(folder))) {
                below.filter(file -> file.toString().endsWith(".md")).forEach(files::add);
            }
        }
        return files;
    }

    private static boolean leads(Path from, String link, Map<Path, Document> documents) {
        int hash = link.indexOf('#');
        String path = hash < 0 ? link : link.substring(0, hash);
        Path target = path.isEmpty() ? from : from.resolveSibling(path).normalize();
        if (!Files.exists(target)) {
            return false;
        }
        return hash < 0
                || documents.containsKey(target)
                        && documents.get(target).anchors().contains(link.substring(hash + 1));
    }

    private static Document read(Path file) throws IOException {
        Set<String> anchors = new HashSet<>();
        List<String> links = new ArrayList<>();
        IdGenerator ids = IdGenerator.builder().build();
        PARSER.parse(Files.readString(file)).accept(new AbstractVisitor() {
            @Override
            public void visit(Heading heading) {
                anchors.add(ids.generateId(text(heading)));
                super.visit(heading);
            }

            @Override
            public void visit(HtmlInline html) {
                anchorsOf(html.getLiteral());
            }

            @Override
            public void visit(HtmlBlock html) {
                anchorsOf(html.getLiteral());
            }

            private void anchorsOf(String html) {
                Matcher anchor = ANCHOR.matcher(html);
                while (anchor.find()) {
                    anchors.add(anchor.group(1));
                }
            }

            @Override
            public void visit(Link link) {
                add(link.getDestination());
                super.visit(link);
            }

            @Override
            public void visit(Image image) {
                add(image.getDestination());
                super.visit(image);
            }

            private void add(String destination) {
                if (!ABSOLUTE.matcher(destination).matches()) {
                    links.add(destination);
                }
            }
        });
        return new Document(anchors, links);
    }

    private static String text(Node node) {
        StringBuilder text = new StringBuilder();
        node.accept(new AbstractVisitor() {
            @Override
            public void visit(Text part) {
                text.append(part.getLiteral());
            }

            @Override
            public void visit(Code part) {
                text.append(part.getLiteral());
            }
        });
        return text.toString();
    }
}
