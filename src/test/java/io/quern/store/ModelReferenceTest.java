package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelReferenceTest {

    @Test
    void demoIsTheModelInsideTheApplication() {
        assertThat(ModelReference.parse("demo")).isEqualTo(new ModelReference.Demo());
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.gguf", "./demo", "/models/a b.gguf", "owner/repo", "C:model"})
    void otherTextsArePaths(String text) {
        assertThat(ModelReference.parse(text)).isEqualTo(new ModelReference.LocalFile(Path.of(text)));
    }

    @Test
    void fileUrlIsPath() {
        assertThat(ModelReference.parse("file:///models/a%20b.gguf"))
                .isEqualTo(new ModelReference.LocalFile(Path.of("/models/a b.gguf")));
    }

    @ParameterizedTest
    @CsvSource({
        "hf:Qwen/Qwen3-8B-GGUF, hf:Qwen/Qwen3-8B-GGUF",
        "HF:o/r, hf:o/r",
        "hf:o/r:latest, hf:o/r",
        "hf:o/r:q4_k_m, hf:o/r:Q4_K_M",
        "hf:o/r@v1.0:UD-Q4_K_XL, hf:o/r@v1.0:UD-Q4_K_XL",
        "hf:o/r/sub/m-Q8_0.gguf, hf:o/r/sub/m-Q8_0.gguf",
        "hf:o/r/m-00002-of-00003.gguf, hf:o/r/m-00001-of-00003.gguf",
        "hf.co/o/r:Q8_0, hf:o/r:Q8_0",
        "https://huggingface.co/o/r, hf:o/r",
        "https://huggingface.co/o/r/, hf:o/r",
        "https://huggingface.co/o/r/tree/main, hf:o/r",
        "https://hf.co/o/r/tree/abc123, hf:o/r@abc123",
        "https://huggingface.co/o/r/blob/main/sub/m.gguf, hf:o/r/sub/m.gguf",
        "https://huggingface.co/o/r/resolve/main/m.gguf?download=true, hf:o/r/m.gguf",
        "https://example.com/m.gguf#part, https://example.com/m.gguf",
        "https://example.com/m.gguf?signature=secret, https://example.com/m.gguf?...",
        "http://127.0.0.1:8000/m.gguf, http://127.0.0.1:8000/m.gguf",
        "http://[::1]:8000/m.gguf, http://[::1]:8000/m.gguf"
    })
    void remoteReferenceIsReadInEachForm(String text, String canonical) {
        assertThat(ModelReference.parse(text))
                .isInstanceOf(ModelReference.Remote.class)
                .hasToString(canonical);
    }

    @Test
    void partsOfHubReferenceAreRead() {
        assertThat(ModelReference.parse("hf:Owner/Repo@v2/sub/Model.Q4_0.gguf"))
                .isEqualTo(new ModelReference.Hub(
                        "Owner", "Repo", "v2", Optional.empty(), Optional.of("sub/Model.Q4_0.gguf")));
        assertThat(ModelReference.parse("hf:Owner/Repo:iq4_xs"))
                .isEqualTo(new ModelReference.Hub("Owner", "Repo", "main", Optional.of("IQ4_XS"), Optional.empty()));
    }

    @Test
    void webFileKeepsItsQuery() {
        assertThat(ModelReference.parse("https://example.com/get?id=5"))
                .isEqualTo(new ModelReference.Web(URI.create("https://example.com/get?id=5")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | empty",
                "hf: | names no repository",
                "hf:repo | names no repository",
                "hf:o/r/readme.md | readme.md is not a GGUF file",
                "hf:o/../x.gguf | cannot be the name of its repository",
                "hf:o/r/../../x.gguf | cannot be a path in a repository",
                "hf:o/r//x.gguf | cannot be a path in a repository",
                "hf:o/r: | cannot be the name of its quantisation",
                "hf:o/r@ | cannot be the name of its revision",
                "hf:o/-r | cannot be the name of its repository",
                "https://huggingface.co/datasets | names no repository",
                "https://huggingface.co/o/r/discussions/1 | no page of a model",
                "http://example.com/m.gguf | http would let anybody on the way change the model",
                "http://127.0.0.1.example.com/m.gguf | http would let anybody on the way change the model",
                "https:///m.gguf | names no host",
                "https://example.com/ | names no file",
                "https://example.com/a b | not a valid URL",
                "ftp://example.com/m.gguf | ftp is not supported",
                "s3://bucket/m.gguf | s3 is not supported"
            })
    void invalidReferenceIsRefusedWithReason(String text, String reason) {
        assertThatThrownBy(() -> ModelReference.parse(text))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.problem()).isEqualTo(StoreProblem.INVALID_REFERENCE))
                .hasMessageContaining(reason);
    }

    @Test
    void passwordInUrlIsNotRepeated() {
        assertThatThrownBy(() -> ModelReference.parse("https://me:hunter2@example.com/m.gguf"))
                .hasMessageContaining("contains a user or password")
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> ModelReference.parse("https://me:hunter2@example.com/a b?sig=hunter2"))
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void relativePathOfTwoNamesMayBeARepository() {
        assertThat(hubOf("owner/repo:q4_k_m"))
                .hasValueSatisfying(hub -> assertThat(hub).hasToString("hf:owner/repo:Q4_K_M"));
        assertThat(hubOf("owner/repo-GGUF")).isPresent();
        assertThat(hubOf("/owner/repo")).isEmpty();
        assertThat(hubOf("model.gguf")).isEmpty();
        assertThat(hubOf("a/b/c.gguf")).isEmpty();
        assertThat(hubOf("../model.gguf")).isEmpty();
    }

    private static Optional<ModelReference.Hub> hubOf(String text) {
        return ((ModelReference.LocalFile) ModelReference.parse(text)).asHub();
    }
}
