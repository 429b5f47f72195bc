package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.NetworkWithMixer;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Networks into which a defense put layers, saved as one file and loaded from it. */
@ExtendWith(OneThread.class)
class MixerFilesTest {

  private static final DatasetSpec DATA = TinyImages.spec(TinyImages.SMALL, 4);
  private static final int SIDE = TinyImages.SMALL.height();

  @TempDir private Path folder;
  private TensorScope scope;
  private Network mixed;
  private final CliFixture cli = new CliFixture();

  @BeforeEach
  void save() {
    scope = TensorScope.open();
    mixed = NetworkWithMixer.with(plain(5), List.of("relu3", "mixer.bn"));
    Tensors.withoutGradients(
        () -> {
          mixed.state().get("mixer.conv.weight").mul_(new Scalar(1.5));
          return mixed.state().get("mixer2.bn.bias").fill_(new Scalar(0.25));
        });
    files().saveModel(mixed, SampleRun.spec("npd", false, 0), "key", DATA);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Network plain(long seed) {
    return new TinyNetwork(NetworkSpec.of(DATA)).initialize(new Seed(seed));
  }

  private CellFiles files() {
    return new CellFiles(folder);
  }

  private Path file() {
    return folder.resolve("model.safetensors");
  }

  @Test
  void file_namesThePlacesOfTheMixers() {
    assertThat(Safetensors.metadata(file())).containsEntry("mixers", "[\"relu3\",\"mixer.bn\"]");
  }

  @Test
  void fileOfAPlainNetwork_namesNone() {
    files().saveModel(plain(1), SampleRun.spec("npd", false, 0), "key", DATA);

    assertThat(Safetensors.metadata(file())).doesNotContainKey("mixers");
    assertThat(NetworkWithMixer.places(files().loadModel(plain(2)))).isEmpty();
  }

  @Test
  void loadModel_givesTheNetworkWithItsMixers() {
    Tensor x = DATA.normalization().normalize(TinyImages.blobs(8, new Seed(1)).images());

    Network loaded = files().loadModel(plain(9));

    assertThat(NetworkWithMixer.places(loaded)).containsExactly("relu3", "mixer.bn");
    assertThat(loaded.logits(x).equal(mixed.logits(x))).isTrue();
    assertThat(loaded.logits(x).allclose(plain(5).logits(x), 1e-3, 1e-3, false)).isFalse();
  }

  @Test
  void predict_goesThroughTheMixers() throws IOException {
    BufferedImage grey = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      grey.setRGB(i % SIDE, i / SIDE, 0x303030);
    }
    Path images = Files.createDirectory(folder.resolve("images"));
    assertThat(ImageIO.write(grey, "png", images.resolve("a.png").toFile())).isTrue();
    Path csv = folder.resolve("logits.csv");

    CliFixture.Result result =
        cli.run(
            "predict",
            "--weights",
            file().toString(),
            "--images",
            images.toString(),
            "--out",
            csv.toString());

    assertThat(result.code()).as(result.err()).isZero();
    byte[] pixels = new byte[3 * SIDE * SIDE];
    java.util.Arrays.fill(pixels, (byte) 0x30);
    Tensor x = DATA.normalization().normalize(Tensors.ofBytes(pixels, 1, 3, SIDE, SIDE));
    float[] expected = Tensors.toFloats(mixed.logits(x));
    String[] cells = Files.readAllLines(csv).get(1).split(",", -1);
    for (int k = 0; k < expected.length; k++) {
      assertThat(Float.parseFloat(cells[3 + k])).isCloseTo(expected[k], within(1e-4f));
    }
  }

  @Test
  void inspect_showsThePlacesAndTheMixersWeights() {
    CliFixture.Result result = cli.run("weights", "inspect", file().toString());

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("mixers: [\"relu3\",\"mixer.bn\"]", "mixer.conv.weight", "mixer2.bn.bias");
  }

  @Test
  void placesThatDoNotFit_areBrokenData() {
    for (String places : List.of("[\"relu9\"]", "[null]", "{\"relu3\": 1}", "[\"features\"]")) {
      assertThatThrownBy(() -> CellFiles.withMixers(plain(1), Map.of("mixers", places)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("mixers at " + places);
    }
  }
}
