package io.quern.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quern.generation.Constraint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConstraintFieldsTest {
    private static final String PROMPT = "\"prompt\":\"a\",";

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            'response_format':{'type':'json_object'}                       ~ response_format.type
            'response_format':{'type':'json_object','schema':{'type':'null'}} ~ response_format.schema
            'response_format':{'type':'json_schema','json_schema':{'name':'n','strict':true,'description':'d','schema':{'type':'null'}}} ~ response_format.json_schema.schema
            'structured_outputs':{'json':{'type':'null'}}                  ~ structured_outputs.json
            'structured_outputs':{'json':'{\\'type\\':\\'null\\'}'}        ~ structured_outputs.json
            'structured_outputs':{'regex':'null'}                          ~ structured_outputs.regex
            'structured_outputs':{'choice':['a','b']}                      ~ structured_outputs.choice
            'structured_outputs':{'grammar':'root ::= [a-z]'}              ~ structured_outputs.grammar
            'structured_outputs':{'json_object':true,'disable_any_whitespace':true} ~ structured_outputs.json_object
            'guided_json':{'type':'null'}                                  ~ guided_json
            'guided_regex':'a+'                                            ~ guided_regex
            'guided_choice':['a']                                          ~ guided_choice
            'guided_grammar':'root ::= [a-z]'                              ~ guided_grammar
            'grammar':'root ::= [a-z]'                                     ~ grammar
            'json_schema':{'type':'null'}                                  ~ json_schema
            """)
    void fieldBecomesAConstraint(String field, String path) {
        Constraint constraint = constraint(field);
        assertThat(constraint).isNotNull();
        assertThat(constraint.field()).isEqualTo(path);
        assertThat(constraint.gbnf()).contains("root ::= ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'response_format':{'type':'text'}",
                "'response_format':null",
                "'grammar':''",
                "'guided_json':null,'guided_choice':null",
                "'structured_outputs':null"
            })
    void fieldThatAsksForNothingIsNoConstraint(String field) {
        assertThat(constraint(field)).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            'response_format':'json'                                       ~ response_format ~ must be an object
            'response_format':{}                                           ~ response_format.type ~ must be text, json_object or json_schema
            'response_format':{'type':'xml'}                               ~ response_format.type ~ but is "xml"
            'response_format':{'type':'structural_tag'}                    ~ response_format.type ~ not supported
            'response_format':{'type':'json_schema'}                       ~ response_format.json_schema ~ is missing
            'response_format':{'type':'json_schema','json_schema':{'schema':{}}} ~ response_format.json_schema.name ~ is missing
            'response_format':{'type':'json_schema','json_schema':{'name':'a b','schema':{}}} ~ response_format.json_schema.name ~ 1 to 64 letters
            'response_format':{'type':'json_schema','json_schema':{'name':'a'}} ~ response_format.json_schema.schema ~ is missing
            'response_format':{'type':'json_schema','json_schema':{'name':'a','strict':1,'schema':{}}} ~ response_format.json_schema.strict ~ must be a boolean
            'response_format':{'type':'json_schema','json_schema':{'name':'a','schema':[]}} ~ response_format.json_schema.schema ~ must be a schema
            'response_format':{'type':'json_schema','json_schema':{'name':'a','schema':{'properties':{'x':{'not':{}}}}}} ~ response_format.json_schema.schema.properties.x.not ~ is not supported
            'structured_outputs':{}                                        ~ structured_outputs ~ must have one of
            'structured_outputs':{'structural_tag':'x'}                    ~ structured_outputs.structural_tag ~ not supported
            'structured_outputs':{'json':{},'whitespace_pattern':' '}      ~ structured_outputs.whitespace_pattern ~ not supported
            'structured_outputs':{'json':{},'regex':'a'}                   ~ structured_outputs.regex ~ exclude each other
            'guided_json':{},'grammar':'root ::= [a]'                      ~ grammar ~ exclude each other
            'guided_json':'{'                                              ~ guided_json ~ is not JSON
            'guided_json':''                                               ~ guided_json ~ is not JSON
            'guided_regex':'('                                             ~ guided_regex ~ needs a )
            'guided_regex':7                                               ~ guided_regex ~ must be a string
            'guided_choice':[]                                             ~ guided_choice ~ at least one choice
            'guided_choice':['a',1]                                        ~ guided_choice[1] ~ must be a string
            'guided_grammar':'root ::= ('                                  ~ guided_grammar ~ line 1, column 11
            """)
    void wrongFieldIsRefusedByItsPath(String field, String path, String message) {
        ApiException refusal = catchThrowableOfType(ApiException.class, () -> constraint(field));
        assertThat(refusal).as(field).isNotNull();
        assertThat(refusal.error().param()).isEqualTo(path);
        assertThat(refusal.error().message()).startsWith(path).contains(message);
        assertThat(refusal.error().status()).isEqualTo(400);
    }

    @Test
    void bracketsWithoutEndAreRefused() {
        for (String open : new String[] {"[", "{\"a\":"}) {
            String deep = open.repeat(100_000);
            ApiException refusal =
                    catchThrowableOfType(ApiException.class, () -> constraint("\"guided_json\":" + deep));
            assertThat(refusal.error().status()).isEqualTo(400);
        }
        assertThat(catchThrowableOfType(
                                ApiException.class, () -> constraint("\"guided_json\":\"" + "[".repeat(100_000) + "\""))
                        .error()
                        .param())
                .isEqualTo("guided_json");
    }

    private static Constraint constraint(String field) {
        String body = "{" + PROMPT + field.replace("\\'", "\\\"").replace('\'', '"') + "}";
        return Readers.completions()
                .read(body.getBytes(UTF_8), "id", Readers.UNBOUNDED)
                .generation()
                .constraint();
    }
}
