package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Weights;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands {@code weights} and {@code predict}, on weights of the testkit's network. */
class WeightsCommandTest {

  private static final int SIDE = TinyImages.SMALL.height();

  @TempDir private Path folder;
  private Path file;
  private final CliFixture cli = new CliFixture();

  @BeforeEach
  void weights() {
    file = folder.resolve("model.safetensors");
    write(
        Map.of(
            "architecture",
            "preact-resnet18",
            "dataset",
            "fashion-mnist",
            "warning",
            "BACKDOORED"));
  }

  private void write(Map<String, String> metadata) {
    try (TensorScope scope = TensorScope.open()) {
      new Weights(network().state(), metadata).write(file);
    }
  }

  private static Network network() {
    return new TinyNetwork(new NetworkSpec(new ImageShape(3, SIDE, SIDE), 4))
        .initialize(new Seed(5));
  }

  private Path images() throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    image(images.resolve("a.png"), "png", SIDE, 0x204060);
    image(images.resolve("b.png"), "png", 3 * SIDE, 0xC08040);
    Files.writeString(images.resolve("notes.txt"), "no image");
    return images;
  }

  private static void image(Path target, String format, int side, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < side * side; i++) {
      image.setRGB(i % side, i / side, rgb);
    }
    assertThat(ImageIO.write(image, format, target.toFile())).isTrue();
  }

  @Test
  void inspect_listsMetadataAndTensors() {
    CliFixture.Result result = cli.run("weights", "inspect", file.toString());

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("architecture: preact-resnet18", "warning: BACKDOORED", "float", "values");
  }

  @Test
  void convert_keepsTheMetadata_andRefusesToOverwrite() {
    Path target = folder.resolve("copy.safetensors");

    CliFixture.Result result =
        cli.run("weights", "convert", file.toString(), target.toString(), "--set", "note=mine");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(Safetensors.metadata(target))
        .containsEntry("warning", "BACKDOORED")
        .containsEntry("note", "mine");
    CliFixture.Result again = cli.run("weights", "convert", file.toString(), target.toString());
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("copy.safetensors exists");
  }

  @Test
  void predict_writesTheNetworksLogits() throws IOException {
    Path csv = folder.resolve("logits.csv");

    CliFixture.Result result =
        cli.run(
            "predict",
            "--weights",
            file.toString(),
            "--images",
            images().toString(),
            "--out",
            csv.toString());

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("BACKDOORED", "skipped notes.txt");
    List<String> lines = Files.readAllLines(csv);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).isEqualTo("file,label,class,logit_0,logit_1,logit_2,logit_3");
    // a plain image stays plain when it is resized
    assertLogits(lines.get(1), "a.png", 0x20, 0x40, 0x60);
    assertLogits(lines.get(2), "b.png", 0xC0, 0x80, 0x40);
  }

  private static void assertLogits(String line, String name, int red, int green, int blue) {
    try (TensorScope scope = TensorScope.open()) {
      byte[] pixels = new byte[3 * SIDE * SIDE];
      java.util.Arrays.fill(pixels, 0, SIDE * SIDE, (byte) red);
      java.util.Arrays.fill(pixels, SIDE * SIDE, 2 * SIDE * SIDE, (byte) green);
      java.util.Arrays.fill(pixels, 2 * SIDE * SIDE, 3 * SIDE * SIDE, (byte) blue);
      Tensor normalized =
          TinyImages.spec(TinyImages.SMALL, 4)
              .normalization()
              .normalize(Tensors.ofBytes(pixels, 1, 3, SIDE, SIDE));
      float[] expected = Tensors.toFloats(network().logits(normalized));
      String[] cells = line.split(",", -1);
      assertThat(cells[0]).isEqualTo(name);
      for (int k = 0; k < expected.length; k++) {
        assertThat(Float.parseFloat(cells[3 + k]))
            .isCloseTo(expected[k], org.assertj.core.api.Assertions.within(1e-5f));
      }
    }
  }

  @Test
  void predict_withoutAnArchitecture_asksForIt() throws IOException {
    write(Map.of("dataset", "fashion-mnist"));

    CliFixture.Result result =
        cli.run("predict", "--weights", file.toString(), "--images", images().toString());

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("does not say its architecture", "--model");
  }

  @Test
  void predict_withWeightsOfAnotherSize_listsTheDifferences_andTakesPartOfThemWhenAsked()
      throws IOException {
    String[] args = {
      "predict", "--weights", file.toString(), "--images", images().toString(), "--classes", "7"
    };

    CliFixture.Result refused = cli.run(args);
    String[] partly = java.util.Arrays.copyOf(args, args.length + 1);
    partly[args.length] = "--partial";
    CliFixture.Result taken = cli.run(partly);

    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err()).contains("instead of");
    assertThat(taken.code()).as(taken.err()).isZero();
    assertThat(taken.err()).contains("drawn anew");
  }

  @Test
  void inspect_ofABrokenFile_isADataError() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.pt"), "PK\3\4 and nothing else");

    CliFixture.Result result = cli.run("weights", "inspect", broken.toString());

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).contains("broken.pt");
  }
}
