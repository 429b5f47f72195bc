package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files were made by {@code torch/make_files.py} with PyTorch 1.13. */
class WeightsTest {

  @TempDir private Path folder;
  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Path file(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(WeightsTest.class.getResource("torch/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static double[] values(Weights weights, String name) {
    return Tensors.toDoubles(Objects.requireNonNull(weights.tensors().get(name), name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain.pt", "legacy.pt", "nested.pt"})
  void read_ofAStateDictionary_givesNamesShapesAndValues(String name) {
    Weights weights = Weights.read(file(name));

    assertThat(weights.tensors()).containsOnlyKeys("fc.weight", "fc.bias", "bn.running_mean");
    assertThat(weights.tensors().get("fc.weight").shape()).containsExactly(2, 3);
    assertThat(values(weights, "fc.weight")).containsExactly(0, .125, .25, .375, .5, .625);
    assertThat(values(weights, "fc.bias")).containsExactly(.75, .875);
    assertThat(values(weights, "bn.running_mean")).containsExactly(1, 1.125);
  }

  @Test
  void read_ofABenchmarksResult_keepsItsFacts() {
    assertThat(Weights.read(file("nested.pt")).metadata())
        .containsOnly(
            entry("model_name", "preactresnet18"),
            entry("num_classes", "10"),
            entry("epoch", "99"));
  }

  @Test
  void read_ofOtherTypesAndViews_givesTheirValues() {
    Weights weights = Weights.read(file("kinds.pt"));

    for (String name : List.of("half", "bfloat16", "double")) {
      assertThat(values(weights, name)).containsExactly(0, .125, .25);
    }
    assertThat(values(weights, "long")).containsExactly(1, -2, 3);
    assertThat(values(weights, "bool")).containsExactly(1, 0);
    assertThat(values(weights, "parameter")).containsExactly(0, .125);
    assertThat(values(weights, "scalar")).containsExactly(1.5);
    assertThat(weights.tensors().get("empty").shape()).containsExactly(0, 3);
    assertThat(weights.tensors().get("transposed").shape()).containsExactly(6, 4);
    // a 4x6 matrix of k/8, transposed: the first column becomes the first row
    assertThat(values(weights, "transposed")).startsWith(0, .75, 1.5, 2.25, .125);
    assertThat(values(weights, "slice")).containsExactly(1, 1.125, 1.25, 1.75, 1.875, 2);
  }

  @Test
  void write_thenRead_thenWrite_givesTheSameBytes() throws IOException {
    Path first = folder.resolve("first.safetensors");
    Path second = folder.resolve("second.safetensors");

    Weights.read(file("nested.pt")).write(first);
    Weights.read(first).write(second);

    assertThat(Files.readAllBytes(second)).isEqualTo(Files.readAllBytes(first));
    assertThat(Safetensors.metadata(second)).containsEntry("model_name", "preactresnet18");
  }

  @ParameterizedTest
  @CsvSource({"system.pt, system", "eval.pt, eval"})
  void read_ofAFileThatCallsSomething_namesItAndExecutesNothing(String name, String call) {
    assertThatThrownBy(() -> Weights.read(file(name)))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(name, call, "not allowed");
    assertThat(Path.of("/tmp/backdoor4j-was-here")).doesNotExist();
  }

  @Test
  void read_skippingOtherObjects_givesTheWeights_andExecutesNothing() {
    Weights weights = Weights.read(file("system.pt"), true);

    assertThat(values(weights, "w")).containsExactly(0, .125);
    assertThat(Path.of("/tmp/backdoor4j-was-here")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "short_storage.pt, storage '0' should have 24 bytes",
    "missing_storage.pt, lacks 'plain/data/0'",
    "compressed.pt, is compressed",
    "big_endian.pt, byte order is 'big'",
    "outside.pt, does not fit into its storage of 6 values",
    "cut.pt, damaged or cut off",
    "legacy_cut.pt, ends within storage"
  })
  void read_ofABrokenFile_saysWhatIsWrong(String name, String problem) {
    assertThatThrownBy(() -> Weights.read(file(name)))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(name, problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain.pt", "legacy.pt"})
  void read_ofAFileWithOneByteChanged_neverFailsInAnotherWay(String name) throws IOException {
    byte[] content = Files.readAllBytes(file(name));
    Path changed = folder.resolve("changed.pt");
    for (int i = 0; i < content.length; i += 5) {
      byte before = content[i];
      content[i] ^= (byte) (1 << i % 8);
      Files.write(changed, content);
      try {
        Weights.read(changed);
      } catch (DataException expected) {
        assertThat(expected).hasMessageContaining("changed.pt");
      }
      content[i] = before;
    }
  }

  @Test
  void read_ofSomethingElse_saysSo() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "these are no weights at all");

    assertThatThrownBy(() -> Weights.read(text))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("notes.txt");
    assertThatThrownBy(() -> Weights.read(folder.resolve("none.pt")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void copyMatchingTo_leavesWhatDoesNotFit() {
    Network network = TinyNetwork.network(new Seed(1));
    Map<String, Tensor> state = new LinkedHashMap<>(TinyNetwork.network(new Seed(2)).state());
    Tensor conv = state.get("conv.weight");
    state.put("linear.weight", Tensors.ofFloats(new float[8], 2, 4));
    state.remove("linear.bias");
    Weights weights = new Weights(state, Map.of());

    assertThatThrownBy(() -> weights.copyTo(network))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("linear.weight has shape [2, 4]", "linear.bias is missing");
    assertThat(weights.copyMatchingTo(network)).containsExactly("linear.weight", "linear.bias");
    assertThat(network.parameters().get("conv.weight").equal(conv)).isTrue();
    assertThatThrownBy(() -> new Weights(Map.of(), Map.of()).copyMatchingTo(network))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no weight fits");
  }
}
