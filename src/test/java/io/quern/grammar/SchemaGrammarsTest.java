package io.quern.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaGrammarsTest {
    private static final int DOCUMENTS = 60;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "{}",
                "{'type':'object'}",
                "{'type':'array'}",
                "{'type':['string','null','integer']}",
                "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'integer'},'c':{}},'required':['b']}",
                "{'properties':{'a':{'type':'boolean'}},'additionalProperties':{'type':'integer'}}",
                "{'type':'object','properties':{'a b\\\"\\\\':{'type':'null'}},'required':['a"
                        + " b\\\"\\\\','undeclared']}",
                "{'type':'object','additionalProperties':false,'minProperties':0}",
                "{'type':'object','properties':{'a':{},'b':{},'c':{}},'minProperties':2,'additionalProperties':true}",
                "{'type':'object','properties':{'a':{},'b':{},'c':{}},'maxProperties':1,'additionalProperties':true}",
                "{'type':'object','minProperties':1,'maxProperties':3}",
                "{'type':'array','items':{'type':'integer'},'minItems':2,'maxItems':4}",
                "{'type':'array','prefixItems':[{'type':'string'},{'type':'null'},{}],'items':{'type':'boolean'},'minItems':1}",
                "{'type':'array','prefixItems':[{'type':'string'},{'type':'null'}],'items':false}",
                "{'type':'array','prefixItems':[{'type':'string'},{'type':'null'}],'minItems':2,'maxItems':2}",
                "{'enum':['a',1,1.5,null,true,{'x':[1,'é\\u0001']},[]]}",
                "{'enum':['aa','ab','ac','ad','ba','bb','bc','bd','c','ca']}",
                "{'type':'integer','enum':['a',1,2.5,3.0,-4]}",
                "{'const':{'a':1}}",
                "{'type':'string','minLength':2,'maxLength':5}",
                "{'type':'string','minLength':2500,'maxLength':5003}",
                "{'type':'string','pattern':'^[A-Z]{2}-\\\\d+$'}",
                "{'type':'string','pattern':'b+'}",
                "{'type':'string','pattern':'^(foo|bar)\\\\s\\\\S.$','maxLength':20}",
                "{'type':'string','pattern':'a','minLength':4,'maxLength':7}",
                "{'type':'string','pattern':'\\\\p{Lu}[^a-z]'}",
                "{'type':'string','pattern':'^[^x]*[\\\\u0000-\\\\u001f]$'}",
                "{'type':'string','format':'date'}",
                "{'type':'string','format':'time'}",
                "{'type':'string','format':'date-time'}",
                "{'type':'string','format':'uuid'}",
                "{'type':'string','format':'ipv4'}",
                "{'type':'string','format':'ipv6'}",
                "{'type':'string','format':'email'}",
                "{'type':'string','format':'hostname'}",
                "{'type':'string','format':'uri'}",
                "{'type':'string','format':'duration'}",
                "{'type':'string','format':'email','maxLength':20}",
                "{'type':'integer','minimum':-13,'maximum':107}",
                "{'type':'integer','minimum':1000}",
                "{'type':'integer','exclusiveMaximum':-99}",
                "{'type':'integer','minimum':0.5,'maximum':2.5}",
                "{'type':'integer','multipleOf':7,'minimum':10,'maximum':100}",
                "{'type':'integer','multipleOf':0.3}",
                "{'type':'number','minimum':-0.25,'maximum':0.75}",
                "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1}",
                "{'type':'number','exclusiveMinimum':-1,'exclusiveMaximum':0}",
                "{'type':'number','minimum':1.05,'exclusiveMaximum':1.06}",
                "{'type':'number','multipleOf':0.01,'minimum':3}",
                "{'type':'number','multipleOf':2.5,'maximum':100}",
                "{'type':'number','minimum':123456789012345678}",
                "{'anyOf':[{'type':'string'},{'type':'integer','minimum':3}]}",
                "{'type':'integer','minimum':3,'anyOf':[{'maximum':10},{'multipleOf':20}]}",
                "{'oneOf':[{'type':'string'},{'type':'integer'}]}",
                "{'oneOf':[{'type':'object','properties':{'k':{'const':'a'}},'required':['k']},"
                        + "{'type':'object','properties':{'k':{'const':'b'},'x':{}},'required':['k']}]}",
                "{'oneOf':[{'enum':['a','b']},{'const':'c'},{'type':'null'}]}",
                "{'oneOf':[{'type':'integer','maximum':2},{'type':'integer','minimum':3}]}",
                "{'allOf':[{'type':'object','properties':{'a':{'type':'string'}},'required':['a']},"
                        + "{'properties':{'a':{'maxLength':3},'b':{'type':'null'}}}]}",
                "{'allOf':[{'properties':{'a':{}}},{'properties':{'b':{}},'additionalProperties':false}]}",
                "{'allOf':[{'type':'number','minimum':1},{'type':'integer','maximum':5}]}",
                "{'$ref':'#/$defs/n','$defs':{'n':{'type':'object','properties':{'v':{'type':'integer'},"
                        + "'next':{'anyOf':[{'$ref':'#/$defs/n'},{'type':'null'}]}},'required':['v','next']}}}",
                "{'type':'object','properties':{'children':{'type':'array','items':{'$ref':'#'}}},'required':['children']}",
                "{'$ref':'#/definitions/a~1b%25','definitions':{'a/b%':{'type':'boolean'}}}",
                "{'type':'array','items':{'$ref':'#/$defs/p'},'$defs':{'p':{'$anchor':'x','minimum':2,'type':'integer'}}}",
                "{'$ref':'#/$defs/s','maxLength':3,'$defs':{'s':{'type':'string','minLength':2}}}",
                "{'title':'T','description':'D','default':1,'examples':[1],'$comment':'c','deprecated':true,"
                        + "'readOnly':true,'x-own':{},'type':'integer'}",
                "{'type':'object','properties':{'a':false,'b':{}}}",
                "{'type':'array','uniqueItems':false,'items':{'type':'null'}}",
            })
    void everyDocumentMatchesTheSchema(String schema) {
        assertThat(Documents.problems(Documents.json(schema.replace('\'', '"')), Documents.grammar(schema), DOCUMENTS))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
        {'not':{}}                                                       ~ schema.not ~ not
        {'type':'object','properties':{'a':{'if':{},'then':{}}}}         ~ schema.properties.a.if ~ if
        {'type':'object','patternProperties':{'a':{}}}                   ~ schema.patternProperties ~ patternProperties
        {'type':'object','propertyNames':{'maxLength':3}}                ~ schema.propertyNames ~ propertyNames
        {'type':'object','dependentRequired':{'a':['b']}}                ~ schema.dependentRequired ~ dependentRequired
        {'type':'object','unevaluatedProperties':false}                  ~ schema.unevaluatedProperties ~ unevaluatedProperties
        {'type':'array','uniqueItems':true}                              ~ schema.uniqueItems ~ uniqueItems
        {'items':{'anyOf':[{'contains':{},'type':'array'}]}}             ~ schema.items.anyOf[0].contains ~ contains
        {'$ref':'http://elsewhere/schema'}                               ~ schema.$ref ~ $ref
        {'$ref':'#/$defs/none'}                                          ~ schema.$ref ~ $ref
        {'$ref':'#'}                                                     ~ schema.$ref ~ $ref
        {'allOf':[{'$ref':'#'}]}                                         ~ schema.allOf[0].$ref ~ $ref
        {'anyOf':[{'$ref':'#'},{'type':'null'}]}                         ~ schema.anyOf ~ anyOf
        {'oneOf':[{'type':'integer'},{'type':'number'}]}                 ~ schema.oneOf ~ oneOf
        {'oneOf':[{'properties':{'a':{}}},{'type':'string'}]}            ~ schema.oneOf ~ oneOf
        {'allOf':[{'oneOf':[{'minimum':1},{'maximum':3}]}]}              ~ schema.allOf[0].oneOf ~ oneOf
        {'type':'text'}                                                  ~ schema.type ~ type
        {'type':5}                                                       ~ schema.type ~ type
        {'properties':[]}                                                ~ schema.properties ~ properties
        {'properties':{'a':7}}                                           ~ schema.properties.a ~ type
        {'required':'a'}                                                 ~ schema.required ~ required
        {'enum':[]}                                                      ~ schema.enum ~ enum
        {'enum':[1],'type':'string'}                                     ~ schema.enum ~ enum
        {'minLength':-1}                                                 ~ schema.minLength ~ minLength
        {'minLength':3,'maxLength':2}                                    ~ schema.minLength ~ minLength
        {'minItems':100000}                                              ~ schema.minItems ~ minItems
        {'pattern':'(?=a)'}                                              ~ schema.pattern ~ pattern
        {'pattern':'(a)\\\\1'}                                           ~ schema.pattern ~ pattern
        {'pattern':'(a|b)*a(a|b){20}'}                                   ~ schema.pattern ~ pattern
        {'pattern':'['}                                                  ~ schema.pattern ~ pattern
        {'pattern':'^a$','minLength':3}                                  ~ schema.pattern ~ pattern
        {'minimum':3,'maximum':2}                                        ~ schema.minimum ~ minimum
        {'multipleOf':0}                                                 ~ schema.multipleOf ~ multipleOf
        {'multipleOf':123456.789}                                        ~ schema.multipleOf ~ multipleOf
        {'type':'integer','minimum':0.1,'maximum':0.9}                   ~ schema.minimum ~ minimum
        {'type':'object','required':['a'],'properties':{'a':{'$ref':'#'}}} ~ schema.required ~ required
        {'anyOf':[{'properties':{'a':{'$ref':'#'}}},{'properties':{'a':{'$ref':'#'},'b':{}}}]} ~ schema.anyOf ~ anyOf
        false                                                            ~ schema.type ~ type
        """)
    void refusalNamesPathAndKeyword(String schema, String path, String keyword) {
        GrammarException refusal = catchThrowableOfType(GrammarException.class, () -> Documents.grammar(schema));
        assertThat(refusal).as(schema).isNotNull();
        assertThat(refusal.path() + " " + refusal.keyword()).isEqualTo(path + " " + keyword);
        assertThat(refusal).hasMessageStartingWith(path + " ");
    }

    @Test
    void propertiesComeInTheirOrderAndMayBeLeftOut() {
        Sentences sentences = new Sentences(new SchemaGrammars(GrammarLimits.DEFAULT, true)
                .of(
                        Documents.json("{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2},\"c\":{\"const\":3}},"
                                + "\"required\":[\"b\"]}"),
                        "schema"));
        Random random = new Random(1);
        Set<String> documents =
                IntStream.range(0, 200).mapToObj(i -> sentences.next(random)).collect(Collectors.toSet());
        assertThat(documents)
                .containsExactlyInAnyOrder(
                        "{\"b\":2}", "{\"a\":1,\"b\":2}", "{\"b\":2,\"c\":3}", "{\"a\":1,\"b\":2,\"c\":3}");
    }

    @Test
    void furtherPropertiesNeverRepeatAKnownName() {
        Sentences sentences = new Sentences(Documents.grammar(
                "{'properties':{'a':{'const':1},'ab':{'const':1}},'additionalProperties':{'const':2}}"));
        Random random = new Random(1);
        for (int i = 0; i < 500; i++) {
            Documents.json(sentences.next(random)).properties().forEach(field -> assertThat(
                            field.getValue().intValue())
                    .isEqualTo(field.getKey().equals("a") || field.getKey().equals("ab") ? 1 : 2));
        }
    }

    @Test
    void grammarsOfOneRequestShareTheirSteps() {
        GrammarLimits shared = GrammarLimits.DEFAULT.ofOneRequest();
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 20; i++) {
                        new SchemaGrammars(shared).of(optional("shared" + i), "tools[" + i + "]");
                        new SchemaGrammars(GrammarLimits.DEFAULT).of(optional("alone" + i), "alone");
                    }
                })
                .isInstanceOf(GrammarException.class)
                .hasMessageStartingWith("tools[")
                .hasMessageContaining("quern.grammar.max-steps");
    }

    @Test
    void keysAndWhiteSpaceHaveAnEnd() {
        for (String schema : List.of(
                "{'type': 'object'}",
                "{'type': 'object', 'properties': {'known': {'const': 1}}, 'additionalProperties': {'const': 1}}",
                "{'type': 'object', 'additionalProperties': {'const': 1}}")) {
            Sentences sentences = new Sentences(Documents.grammar(schema));
            Random random = new Random(3);
            for (int i = 0; i < 300; i++) {
                String document = sentences.next(random);
                Documents.json(document).fieldNames().forEachRemaining(key -> assertThat(
                                key.codePointCount(0, key.length()))
                        .isLessThan(80));
                assertThat(document).doesNotContainPattern("[ \\t\\n]{34}");
            }
        }
    }

    @Test
    void schemaThatComesAgainIsNotCompiledForTheNextRequest() {
        JsonNode schema = optional("again");
        Grammar first = new SchemaGrammars(GrammarLimits.DEFAULT.ofOneRequest()).of(schema, "one");
        assertThat(new SchemaGrammars(GrammarLimits.DEFAULT.ofOneRequest()).of(schema, "other"))
                .isSameAs(first);
    }

    private static JsonNode optional(String name) {
        StringBuilder schema = new StringBuilder("{'type':'object','additionalProperties':false,'properties':{'p':{}");
        for (int i = 0; i < 100; i++) {
            schema.append(",'").append(name).append(i).append("':{'type':'string'}");
        }
        return Documents.json(schema.append("}}").toString().replace('\'', '"'));
    }

    @Test
    void doublingReferencesAreRefusedInBoundedWork() {
        StringBuilder schema = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
        for (int i = 0; i < 60; i++) {
            String next = "{\"$ref\":\"#/$defs/a" + (i + 1) + "\"}";
            schema.append("\"a" + i + "\":{\"type\":\"object\",\"anyOf\":[" + next + ",{\"allOf\":[" + next + "]}]},");
        }
        schema.append("\"a60\":{\"properties\":{\"x\":{}}}}}");
        assertThatThrownBy(() -> Documents.grammar(schema.toString()))
                .isInstanceOf(GrammarException.class)
                .hasMessageContaining("anyOf");
    }

    @Test
    void sharedSchemasBecomeOneRule() {
        StringBuilder schema = new StringBuilder("{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
        for (int i = 0; i < 60; i++) {
            String next = "{\"$ref\":\"#/$defs/a" + (i + 1) + "\"}";
            schema.append(
                    "\"a" + i + "\":{\"type\":\"object\",\"properties\":{\"x\":" + next + ",\"y\":" + next + "}},");
        }
        schema.append("\"a60\":{\"type\":\"null\"}}}");
        assertThat(Documents.grammar(schema.toString()).rules()).hasSizeLessThan(600);
    }

    @Test
    void manyPropertiesAndDeepSchemasAreAccepted() {
        StringBuilder wide = new StringBuilder("{\"properties\":{");
        for (int i = 0; i < 300; i++) {
            wide.append(i == 0 ? "" : ",").append("\"p" + i + "\":{\"type\":\"integer\"}");
        }
        assertThat(Documents.grammar(wide + "}}").gbnf()).contains("p299");

        String deep = "{\"properties\":{\"a\":".repeat(400) + "{}" + "}}".repeat(400);
        assertThat(Documents.grammar(deep).rules()).hasSizeGreaterThan(400);
    }
}
