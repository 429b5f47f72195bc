package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that start from weights of a file, narrow and with made-up values. */
class PretrainedTest {

  private static final ImageShape IMAGE = new ImageShape(3, 32, 32);
  private static final int CLASSES = 5;

  @TempDir private Path folder;
  private TensorScope scope;

  @BeforeEach
  void ownPlaces() {
    System.setProperty("backdoor4j.data", folder.toString());
    scope = TensorScope.open();
  }

  @AfterEach
  void usualPlaces() {
    scope.close();
    System.clearProperty("backdoor4j.data");
  }

  private static <O extends Record> Network start(Architecture<O> net, O options, long seed) {
    NetworkSpec spec = new NetworkSpec(IMAGE, CLASSES);
    TrainingPlan plan = TrainingPlan.benchmark(1, Augmentation.NONE);
    return new Victim(() -> net.build(spec, options), net.startWeights(options), plan)
        .newNetwork(new Seed(seed));
  }

  /** Other values in every tensor: cosines, from a number that the tensor's name gives. */
  private static Map<String, Tensor> values(Network network) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    network
        .state()
        .forEach(
            (name, tensor) -> {
              Tensor ramp = torch.arange(Tensors.scalar((double) tensor.numel()));
              double first = Math.floorMod(name.hashCode(), 1000);
              values.put(name, ramp.add(Tensors.scalar(first)).cos().view(tensor.shape()));
            });
    return values;
  }

  private static Map<String, Tensor> convNext(int width, int classes) {
    NetworkSpec spec = new NetworkSpec(IMAGE, classes);
    return values(new ConvNextTiny().build(spec, new ConvNextTiny.Options(width)));
  }

  private static Map<String, Tensor> vit(int imageSize, int classes) {
    NetworkSpec spec = new NetworkSpec(IMAGE, classes);
    return values(new VitB16().build(spec, new VitB16.Options(imageSize, 64)));
  }

  private String file(Map<String, Tensor> tensors) {
    Path file = folder.resolve("weights.safetensors");
    new Safetensors(tensors, Map.of()).write(file);
    return file.toString();
  }

  private static boolean same(Map<String, Tensor> expected, Network network, String name) {
    return expected.get(name).equal(network.state().get(name));
  }

  private static void assertAllBut(String head, Map<String, Tensor> expected, Network network) {
    assertThat(network.state().keySet())
        .isEqualTo(expected.keySet())
        .allSatisfy(
            name -> {
              if (!name.startsWith(head)) {
                assertThat(same(expected, network, name)).as(name).isTrue();
              }
            });
  }

  @Test
  void convNext_startsFromTheFile_withAHeadOfItsOwnDrawnBySeed() {
    Map<String, Tensor> weights = convNext(4, 1000);
    ConvNextTiny.Options options = new ConvNextTiny.Options(4, file(weights));

    Network network = start(new ConvNextTiny(), options, 1);
    Network again = start(new ConvNextTiny(), options, 1);
    Network other = start(new ConvNextTiny(), options, 2);

    assertAllBut("classifier.2.", weights, network);
    assertThat(network.state().get("classifier.2.weight").shape()).containsExactly(CLASSES, 32);
    assertThat(same(again.state(), network, "classifier.2.weight")).isTrue();
    assertThat(same(other.state(), network, "classifier.2.weight")).isFalse();
    assertThat(network.parameters().get("features.0.0.weight").requires_grad()).isTrue();
  }

  @Test
  void headForAsManyClasses_isTakenToo() {
    Map<String, Tensor> weights = convNext(4, CLASSES);

    Network network = start(new ConvNextTiny(), new ConvNextTiny.Options(4, file(weights)), 1);

    assertAllBut("nothing", weights, network);
  }

  @Test
  void fileWithoutAHead_givesAllElse() {
    Map<String, Tensor> weights = convNext(4, 1000);
    weights.keySet().removeIf(name -> name.startsWith("classifier.2."));

    Network network = start(new ConvNextTiny(), new ConvNextTiny.Options(4, file(weights)), 1);

    assertThat(same(weights, network, "features.7.2.layer_scale")).isTrue();
  }

  @Test
  void visionTransformer_takesTheNamesOfThePublishedFile_andFitsItsPositions() {
    Map<String, Tensor> today = vit(48, 1000);
    Map<String, Tensor> published = new LinkedHashMap<>();
    today.forEach(
        (name, tensor) ->
            published.put(
                name.replace(".mlp.0.", ".mlp.linear_1.").replace(".mlp.3.", ".mlp.linear_2."),
                tensor));
    assertThat(published).containsKey("encoder.layers.encoder_layer_0.mlp.linear_1.weight");

    Network network = start(new VitB16(), new VitB16.Options(32, 64, file(published)), 1);

    assertAllBut("heads.head.", VitB16.fitted(today, 32), network);
    assertThat(network.state().get("encoder.pos_embedding").shape()).containsExactly(1, 5, 64);
  }

  @Test
  void visionTransformersNewHead_isDrawn_thoughItsOwnWouldBeZero() {
    VitB16.Options options = new VitB16.Options(32, 64, file(vit(32, 1000)));

    double largest =
        start(new VitB16(), options, 1).state().get("heads.head.weight").abs().max().item_double();

    // uniform in ±1/√64, as PyTorch draws affine layers: 320 values hardly stay below half of that
    assertThat(largest).isBetween(0.0625, 0.125);
  }

  @Test
  void weightsOfAnotherWidth_areRefused_withEveryDifference() {
    String file = file(convNext(8, 1000));

    assertThatThrownBy(() -> start(new ConvNextTiny(), new ConvNextTiny.Options(4, file), 1))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            "cannot start from " + file,
            "features.0.0.weight has shape [8, 3, 4, 4] instead of [4, 3, 4, 4]",
            "features.7.2.layer_scale has shape");
  }

  @Test
  void weightsOfAnotherArchitecture_areRefused() {
    String file = file(convNext(4, 1000));

    assertThatThrownBy(() -> start(new VitB16(), new VitB16.Options(32, 64, file), 1))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("cannot start from " + file, "no 'encoder.pos_embedding'");
  }

  @Test
  void checksum_isThatOfTheFile() throws Exception {
    String file = file(convNext(4, 10));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(file)));

    assertThat(new ConvNextTiny().startWeights(new ConvNextTiny.Options(4, file)).orElseThrow())
        .extracting(StartWeights::checksum)
        .isEqualTo("sha256:" + HexFormat.of().formatHex(digest));
  }

  @Test
  void missingFile_isTheCallersMistake() {
    assertThatThrownBy(
            () -> new VitB16().startWeights(new VitB16.Options(224, 768, "nowhere/vit.pth")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("vit-b-16: pretrained is none, imagenet or a file", "nowhere");
  }

  @Test
  void imagenetWithoutTheFile_saysHowToGetIt() {
    assertThatThrownBy(
            () -> new ConvNextTiny().startWeights(new ConvNextTiny.Options(96, "imagenet")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            folder.resolve("weights/convnext_tiny-983f1562.pth").toString(),
            "backdoor4j weights fetch convnext-tiny");
  }

  @Test
  void imagenet_isAnotherFile_isRefused() throws IOException {
    Files.createDirectories(folder.resolve("weights"));
    Files.writeString(folder.resolve("weights/vit_b_16-c867db91.pth"), "half a file");

    assertThatThrownBy(() -> new VitB16().startWeights(new VitB16.Options(224, 768, "imagenet")))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("should begin with sha256:c867db91, but is sha256:", "Delete it");
  }

  @Test
  void imagenet_isTheFetchedFile_whereItsNameHasTheFirstDigits() throws Exception {
    String file = file(convNext(4, 1000));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(file)));
    String digits = HexFormat.of().formatHex(digest);
    Download published = Pretrained.torchvision("tiny-" + digits.substring(0, 8) + ".safetensors");
    Files.createDirectories(folder.resolve("weights"));
    Path fetched = folder.resolve("weights").resolve(published.file());
    Files.copy(Path.of(file), fetched);

    StartWeights weights =
        Pretrained.weights("tiny", "imagenet", published, UnaryOperator.identity()).orElseThrow();

    assertThat(weights.file()).isEqualTo(fetched);
    assertThat(weights.checksum()).isEqualTo("sha256:" + digits);
  }

  @Test
  void none_asksForNoFile() {
    assertThat(new ConvNextTiny().startWeights(new ConvNextTiny.Options(96))).isEmpty();
    assertThat(new VitB16().startWeights(new VitB16.Options(224, 768, "none"))).isEmpty();
  }

  @Test
  void publishedFiles_areTorchvisions() {
    Download file = new VitB16().publishedWeights().get(0);

    assertThat(file.addresses())
        .hasToString("[https://download.pytorch.org/models/vit_b_16-c867db91.pth]");
    assertThat(file.checksum()).isEqualTo("sha256:c867db91");
    assertThat(file.partialChecksum()).isTrue();
    assertThat(new ConvNextTiny().publishedWeights().get(0).checksum())
        .isEqualTo("sha256:983f1562");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\0b"})
  void option_thatCanBeNoFile_isRefused(String option) {
    assertThatThrownBy(() -> new ConvNextTiny.Options(96, option))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("pretrained must be none, imagenet or a file");
  }
}
