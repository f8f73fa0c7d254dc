package io.quern.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.InvalidSchemaException;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.quern.grammar.Grammar;
import io.quern.grammar.GrammarException;
import io.quern.grammar.GrammarLimits;
import io.quern.grammar.SchemaGrammars;
import io.quern.grammar.Sentences;
import io.quern.grammar.Validator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Converts the schemas of JSON Schema's own test suite, and validates random documents of each grammar. */
public final class TestSuite {
    private static final int DOCUMENTS = 200;

    private final Map<String, Integer> refusals = new TreeMap<>();
    private int schemas;
    private int documents;
    private int wrong;

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        boolean good = new TestSuite().run(folder.resolve("draft2020-12"), VersionFlag.V202012);
        good &= new TestSuite().run(folder.resolve("draft7"), VersionFlag.V7);
        System.exit(good ? 0 : 1);
    }

    private boolean run(Path folder, VersionFlag draft) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            for (JsonNode group : Validator.MAPPER.readTree(file.toFile())) {
                schemas++;
                check(file.getFileName() + ", " + group.get("description").asText(), group.get("schema"), draft);
            }
        }
        int refused = refusals.values().stream().mapToInt(Integer::intValue).sum();
        System.out.printf(
                "%s: %d of %d schemas accepted, %d documents, %d wrong; refused by keyword: %s%n",
                draft, schemas - refused, schemas, documents, wrong, refusals);
        return wrong == 0;
    }

    private void check(String name, JsonNode schema, VersionFlag draft) {
        Grammar grammar;
        try {
            grammar = new SchemaGrammars(GrammarLimits.DEFAULT).of(schema, "schema");
        } catch (GrammarException e) {
            refusals.merge(String.valueOf(e.keyword()), 1, Integer::sum);
            return;
        }
        Validator validator;
        try {
            validator = new Validator(schema, draft);
        } catch (InvalidSchemaException e) {
            System.out.println(name + ": the validator refuses the schema: " + e.getMessage());
            return;
        }
        Sentences sentences = new Sentences(grammar);
        Random random = new Random(1);
        for (int i = 0; i < DOCUMENTS; i++) {
            String document = sentences.next(random);
            Optional<String> problem = validator.problem(document);
            documents++;
            if (problem.isPresent()) {
                wrong++;
                System.out.println("WRONG " + name + ": " + document + ": " + problem.get());
                return;
            }
        }
    }
}
