package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Compares what the readers of bodies read with the OpenAPI description and with docs/reference/http-api.md. Its
 * failures say which field or code to add where.
 */
class ApiDescriptionTest {
    private static final String YAML = "src/main/resources/META-INF/openapi.yaml";
    private static final Path DOC = Path.of("docs/reference/http-api.md");
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    /** Fields of messages that are read in order to refuse them. */
    private static final Set<String> REFUSED_IN_MESSAGES = Set.of("messages[].function_call");

    /** The bodies of requests, their schemas, and where the documentation lists their fields. */
    enum Body {
        CHAT(
                ChatReader.SHAPE,
                UnsupportedFields.OF_CHATS.names(),
                "ChatCompletionRequest",
                Set.of("Requests", "Messages", "Structured output", "Tools")),
        COMPLETION(
                CompletionReader.SHAPE,
                UnsupportedFields.OF_COMPLETIONS.names(),
                "CompletionRequest",
                Set.of("Requests", "Structured output")),
        TOKENIZE(
                TokenizeReader.SHAPE,
                UnsupportedFields.OF_TOKENS.names(),
                "TokenizeRequest",
                Set.of("Tokens and texts")),
        DETOKENIZE(DetokenizeReader.SHAPE, Set.of(), "DetokenizeRequest", Set.of("Tokens and texts"));

        final JsonShape shape;
        final Set<String> refused;
        final String schema;
        final Set<String> sections;

        Body(JsonShape shape, Set<String> refused, String schema, Set<String> sections) {
            this.shape = shape;
            this.refused = refused;
            this.schema = schema;
            this.sections = sections;
        }

        /** Returns the paths of all fields that are read and supported, such as {@code messages[].content}. */
        Set<String> supported() {
            Set<String> paths = new TreeSet<>();
            collect(shape, "", paths);
            paths.removeIf(path -> refused.contains(top(path)) || REFUSED_IN_MESSAGES.contains(path));
            return paths;
        }

        private static void collect(JsonShape shape, String path, Set<String> paths) {
            shape.fields().forEach((name, field) -> {
                String inner = path.isEmpty() ? name : path + "." + name;
                paths.add(inner);
                collect(field, inner, paths);
            });
            if (shape.element() != null) {
                collect(shape.element(), path + "[]", paths);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void descriptionHasExactlyTheFieldsThatAreRead(Body body) throws IOException {
        Set<String> described = DescribedFields.of(description(), body.schema);
        Set<String> read = body.supported();
        assertThat(described.stream().filter(path -> !below(path, read)).toList())
                .as(
                        "in %s (schema %s), but not read from the body: remove them there, or add them to the JsonShape",
                        YAML, body.schema)
                .isEmpty();
        assertThat(read.stream().filter(path -> !described.contains(path)).toList())
                .as("read from the body, but not in %s: add them to the schema %s", YAML, body.schema)
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void documentationHasExactlyTheFieldsThatAreRead(Body body) throws IOException {
        Set<String> documented = new TreeSet<>();
        sections().forEach((title, text) -> {
            if (body.sections.contains(title)) {
                documented.addAll(firstColumn(text));
            }
        });
        Set<String> read = body.supported();
        Set<String> names = read.stream().map(ApiDescriptionTest::plain).collect(Collectors.toSet());
        assertThat(read.stream()
                        .filter(path -> !path.contains("[]") && !path.contains("."))
                        .filter(path -> !documented.contains(path))
                        .toList())
                .as("read from the body, but in no table of %s, sections %s: add rows for them", DOC, body.sections)
                .isEmpty();
        Set<String> anyones = Stream.of(Body.values())
                .filter(other -> !Collections.disjoint(other.sections, body.sections))
                .flatMap(other -> other.supported().stream())
                .map(ApiDescriptionTest::plain)
                .collect(Collectors.toSet());
        names.addAll(anyones);
        assertThat(documented.stream().filter(name -> !names.contains(name)).toList())
                .as("in a table of %s, sections %s, but not read from a body: remove the rows", DOC, body.sections)
                .isEmpty();
    }

    @Test
    void nestedFieldsAreDocumented() throws IOException {
        String doc = Files.readString(DOC);
        Set<String> mentioned = NAME.matcher(doc)
                .results()
                .flatMap(name -> Stream.of(name.group(1).split("[^A-Za-z0-9_$]+")))
                .collect(Collectors.toSet());
        for (Body body : Body.values()) {
            assertThat(body.supported().stream()
                            .filter(path -> path.contains("."))
                            .filter(path -> !mentioned.contains(path.substring(path.lastIndexOf('.') + 1)))
                            .toList())
                    .as("read from the body of %s, but not mentioned in %s", body, DOC)
                    .isEmpty();
        }
    }

    @Test
    void refusedFieldsAreListedAndOnlyThey() throws IOException {
        Set<String> listed = new TreeSet<>();
        NAME.matcher(sections().getOrDefault("Fields that are refused", ""))
                .results()
                .forEach(name -> listed.add(name.group(1)));
        Set<String> refused = new TreeSet<>();
        Set<String> supported = new TreeSet<>();
        for (Body body : List.of(Body.CHAT, Body.COMPLETION)) {
            refused.addAll(body.refused);
            body.supported().forEach(path -> supported.add(top(path)));
        }
        assertThat(refused.stream()
                        .filter(name -> !supported.contains(name))
                        .filter(name -> !listed.contains(name))
                        .filter(name -> listed.stream()
                                .noneMatch(one ->
                                        one.endsWith("*") && name.startsWith(one.substring(0, one.length() - 1))))
                        .toList())
                .as("refused by UnsupportedFields, but not in \"Fields that are refused\" of %s", DOC)
                .isEmpty();
        Set<String> everywhere = new TreeSet<>(supported);
        everywhere.removeAll(refused);
        assertThat(firstNames(sections().getOrDefault("Fields that are refused", "")).stream()
                        .filter(everywhere::contains)
                        .toList())
                .as("in \"Fields that are refused\" of %s, but read", DOC)
                .isEmpty();
    }

    @Test
    void errorCodesAreThoseOfTheDescriptionAndTheDocumentation() throws IOException {
        Set<String> codes = new TreeSet<>();
        for (Path source : sources()) {
            // the code of an ApiError is the string after its type
            Pattern.compile(
                            "(?:INVALID_REQUEST|SERVER_ERROR|\"(?:invalid_request|server|rate_limit)_error\"),\\s*\"([a-z_]+)\"")
                    .matcher(Files.readString(source))
                    .results()
                    .forEach(code -> codes.add(code.group(1)));
            Pattern.compile("http,\\s*\"([a-z_]+)\",\\s*\"The path ")
                    .matcher(Files.readString(source))
                    .results()
                    .forEach(code -> codes.add(code.group(1)));
        }
        Set<String> documented = new TreeSet<>();
        for (List<String> row : rows(sections().getOrDefault("Errors", ""))) {
            if (row.size() == 4) {
                NAME.matcher(row.get(2)).results().forEach(code -> documented.add(code.group(1)));
            }
        }
        assertThat(documented).as("codes of the table in %s, \"Errors\"", DOC).isEqualTo(codes);
        Set<String> described = new TreeSet<>();
        description()
                .at("/components/schemas/Error/properties/error/properties/code")
                .findValues("enum")
                .forEach(values -> values.forEach(code -> described.add(code.asText())));
        assertThat(described).as("codes of the schema Error in %s", YAML).isEqualTo(codes);
    }

    @Test
    void headersAreDocumentedAndDescribed() throws IOException {
        String doc = sections().getOrDefault("Headers", "");
        String described = description().at("/components/parameters").toString();
        for (String header : List.of(Terms.TIMEOUT, Terms.QUEUE_POSITION, "x-request-id")) {
            assertThat(doc).contains("`" + header + "`");
            assertThat(described).contains("\"name\":\"" + header + "\"");
        }
    }

    /** Returns whether the path is one that is read, or inside a part that is read as a whole. */
    private static boolean below(String path, Set<String> read) {
        if (read.contains(path)) {
            return true;
        }
        int end = Math.max(path.lastIndexOf('.'), path.lastIndexOf("[]"));
        if (end <= 0) {
            return false;
        }
        String outer = path.substring(0, end);
        boolean leaf =
                read.stream().noneMatch(other -> other.startsWith(outer + ".") || other.startsWith(outer + "[]"));
        return leaf && below(outer, read);
    }

    private static String plain(String path) {
        return path.replace("[]", "").replaceAll("^messages\\.", "");
    }

    private static String top(String path) {
        return path.replaceAll("[.\\[].*", "");
    }

    private static JsonNode description() throws IOException {
        try (InputStream in = ApiDescriptionTest.class.getResourceAsStream("/io/quern/cli/openapi.json")) {
            return new ObjectMapper().readTree(in);
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java/io/quern"))) {
            return files.filter(file -> Set.of("openai", "ops")
                            .contains(file.getParent().getFileName().toString()))
                    .filter(file -> file.toString().endsWith(".java"))
                    .toList();
        }
    }

    /** Returns the text below each heading, without that of the headings below it. */
    private static Map<String, String> sections() throws IOException {
        Map<String, String> sections = new LinkedHashMap<>();
        String title = "";
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(DOC)) {
            if (line.startsWith("#")) {
                sections.put(title, text.toString());
                title = line.replaceAll("^#+ ", "");
                text.setLength(0);
            } else {
                text.append(line).append('\n');
            }
        }
        sections.put(title, text.toString());
        return sections;
    }

    /** Returns the cells of all table rows but the heads. */
    private static List<List<String>> rows(String section) {
        List<String> lines = section.lines().toList();
        return IntStream.range(0, lines.size())
                .filter(i -> i + 1 == lines.size() || !lines.get(i + 1).startsWith("|---"))
                .mapToObj(lines::get)
                .filter(line -> line.startsWith("|") && !line.startsWith("|---"))
                .map(line -> List.of(
                        line.substring(1, line.length() - 1).replace("\\|", "&").split("\\|")))
                .toList();
    }

    /** Returns the names in the first column, and for {@code a.b} also {@code a}. */
    private static Set<String> firstColumn(String section) {
        return rows(section).stream()
                .flatMap(row -> NAME.matcher(row.getFirst()).results())
                .flatMap(name -> Stream.of(name.group(1), top(name.group(1))))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the names with which the items of the second column begin. */
    private static Set<String> firstNames(String section) {
        return rows(section).stream()
                .flatMap(row -> Stream.of(row.getLast().split(",")))
                .map(String::strip)
                .filter(item -> item.startsWith("`") && item.indexOf('`', 1) == item.length() - 1)
                .map(item -> item.substring(1, item.length() - 1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
