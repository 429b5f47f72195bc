package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.FileHash;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Weights;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose models start from weights of a file. */
class StartWeightsRunTest {

  private static final ImageShape SMALL = TinyImages.SMALL;

  @TempDir private Path folder;
  private final CliFixture cli = new CliFixture().add(Architecture.class, StartingNetworks.class);

  private CliFixture.Result run(String... more) {
    String[] fixed = {
      "run",
      "--preset",
      "quick",
      "--device",
      "cpu",
      "--attack",
      "badnets",
      "--epochs",
      "0",
      "--watch",
      "0",
      "--no-control",
      "--model",
      "acme.starting",
      "--out",
      out().toString()
    };
    return cli.run(Stream.concat(Stream.of(fixed), Stream.of(more)).toArray(String[]::new));
  }

  private Path out() {
    return folder.resolve("out");
  }

  /** Weights for as many classes as the images of the stand-in have. */
  private Path weights(String name, long seed) {
    Path file = folder.resolve(name);
    try (TensorScope scope = TensorScope.open()) {
      TinyNetwork network = new TinyNetwork(new NetworkSpec(SMALL, 4));
      new Weights(network.initialize(new Seed(seed)).state(), Map.of()).write(file);
    }
    return file;
  }

  private List<Path> cells(String file) throws IOException {
    try (Stream<Path> files = Files.walk(out())) {
      return files.filter(path -> path.endsWith(file)).sorted().toList();
    }
  }

  @Test
  void run_startsFromTheFile_andItsRecordNamesTheFilesHash() throws IOException {
    Path file = weights("a.safetensors", 5);

    CliFixture.Result result = run("-M", "pretrained=" + file);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(cells("record.json")).hasSize(1);
    assertThat(cells("record.json").get(0))
        .content()
        .contains("\"start_weights\"", FileHash.sha256(file));
    try (TensorScope scope = TensorScope.open()) {
      Map<String, org.bytedeco.pytorch.Tensor> expected = Safetensors.read(file).tensors();
      Map<String, org.bytedeco.pytorch.Tensor> trained =
          Safetensors.read(cells("model.safetensors").get(0)).tensors();
      expected.forEach(
          (name, tensor) ->
              assertThat(trained.get(name).equal(tensor)).as(name).isTrue()); // of no epochs
    }
  }

  @Test
  void otherContentUnderTheSameName_isAnotherCell() throws IOException {
    String option = "pretrained=" + weights("a.safetensors", 5);
    run("-M", option);
    assertThat(run("-M", option).err()).contains("found on disk");

    weights("a.safetensors", 6);

    assertThat(run("-M", option).err()).doesNotContain("found on disk");
    assertThat(cells("record.json")).hasSize(2);
  }

  @Test
  void missingFile_endsTheRunBeforeItBegins() {
    CliFixture.Result result = run("-M", "pretrained=" + folder.resolve("none.pth"));

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("none.pth do not exist").doesNotContain("[1/");
    assertThat(out()).doesNotExist();
  }

  @Test
  void weightsThatDoNotFit_endTheRunBeforeTraining() {
    Path file = folder.resolve("other.safetensors");
    try (TensorScope scope = TensorScope.open()) {
      new Weights(Map.of("conv.weight", torch.zeros(2, 2)), Map.of()).write(file);
    }

    CliFixture.Result result = run("-M", "pretrained=" + file);

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err())
        .contains("cannot start from " + file, "is missing")
        .doesNotContain("[1/");
  }
}
