package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The networks against torchvision's, whose numbers {@code networks_reference.py} wrote, with
 * weights and images from a formula that both sides compute.
 */
@ExtendWith(OneThread.class)
class NetworkReferenceTest {

  private static final int CLASSES = 10;

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** A case with a name that fits into a line. */
  record Case(String name, JsonNode expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  static JsonNode reference() throws IOException {
    try (InputStream json =
        NetworkReferenceTest.class.getResourceAsStream("/networks_reference.json")) {
      return Json.mapper().readTree(json);
    }
  }

  static List<Case> inventories() throws IOException {
    return reference().get("inventory").properties().stream()
        .map(entry -> new Case(entry.getKey(), entry.getValue()))
        .toList();
  }

  static List<Case> quickCases() throws IOException {
    return cases(false);
  }

  static List<Case> slowCases() throws IOException {
    return cases(true);
  }

  private static List<Case> cases(boolean slow) throws IOException {
    return StreamSupport.stream(reference().get("cases").spliterator(), false)
        .filter(node -> node.get("slow").asBoolean() == slow)
        .map(NetworkReferenceTest::named)
        .toList();
  }

  private static Case named(JsonNode node) {
    String network = node.get("network").asText();
    return new Case(network + " " + node.get("options") + " " + node.get("side"), node);
  }

  @ParameterizedTest
  @MethodSource("inventories")
  void state_hasTheReferencesNamesAndShapes(Case one) {
    Network network = network(one.name(), Map.of(), 32);
    List<String> lines = new ArrayList<>();
    network.state().forEach((name, tensor) -> lines.add(name + " " + shape(tensor)));
    lines.sort(null);

    assertThat(network.parameterCount()).isEqualTo(one.expected().get("parameters").asLong());
    assertThat(lines).hasSize(one.expected().get("tensors").asInt());
    assertThat(sha256(lines)).isEqualTo(one.expected().get("shapes_sha256").asText());
  }

  private static String shape(Tensor tensor) {
    return LongStream.of(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining("x"));
  }

  private static String sha256(List<String> lines) {
    String text = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("inventories")
  void convNormPairs_areThoseSeenInTheReference(Case one) {
    List<String> pairs =
        network(one.name(), Map.of(), 32).convNormPairs().stream()
            .map(pair -> pair.conv().name() + " " + pair.norm().name())
            .toList();
    assertThat(pairs).hasSize(one.expected().get("conv_norm_pairs").asInt());
    assertThat(sha256(pairs)).isEqualTo(one.expected().get("pairs_sha256").asText());
  }

  @ParameterizedTest
  @MethodSource("quickCases")
  void logitsGradientsAndStatistics_equalTheReferences(Case one) {
    assertEqualsReference(one.expected());
  }

  @ParameterizedTest
  @MethodSource("slowCases")
  @Tag("long")
  void logitsGradientsAndStatistics_atFullSize_equalTheReferences(Case one) {
    assertEqualsReference(one.expected());
  }

  private static void assertEqualsReference(JsonNode expected) {
    Network network = filled(expected);
    long side = expected.get("side").asLong();
    Tensor images = tensor(noise("images", 2, 3, side, side), 4, -2, 2, 3, side, side);
    images.set_requires_grad(true);
    network.training(false);

    Tensor logits = network.forward(images);
    Tensor loss = torch.cross_entropy_loss(logits, Tensors.ofLongs(new long[] {3, 7}));

    assertThat(loss.item_double()).isCloseTo(expected.get("loss").asDouble(), within(1e-4));
    JsonNode expectedLogits = expected.get("logits");
    assertClose("logits", logits, expectedLogits, 1e-4 * largest(expectedLogits));
    assertGradients(network, images, loss, expected.get("gradients"));
    assertStatistics(network, images, expected.get("buffers"));
  }

  private static void assertGradients(
      Network network, Tensor images, Tensor loss, JsonNode expected) {
    List<String> names = new ArrayList<>();
    expected.fieldNames().forEachRemaining(names::add);
    Tensor[] inputs =
        names.stream()
            .map(name -> network.parameters().getOrDefault(name, images))
            .toArray(Tensor[]::new);
    Tensor[] gradients = Tensors.gradients(loss, false, inputs);
    for (int i = 0; i < gradients.length; i++) {
      JsonNode gradient = expected.get(names.get(i));
      double norm = gradient.get("norm").asDouble();
      assertThat(gradients[i].norm().item_double())
          .as("norm of the gradient of %s", names.get(i))
          .isCloseTo(norm, within(1e-3 * norm));
      JsonNode first = gradient.get("first");
      Tensor flat = gradients[i].contiguous().flatten().narrow(0, 0, first.size());
      double tolerance = 1e-3 * gradient.get("largest").asDouble();
      assertClose("gradient of " + names.get(i), flat, first, tolerance);
    }
  }

  private static void assertStatistics(Network network, Tensor images, JsonNode expected) {
    if (expected.isEmpty()) {
      return;
    }
    network.training(true);
    network.forward(images.detach());
    for (Map.Entry<String, JsonNode> entry : expected.properties()) {
      Tensor buffer = network.buffers().get(entry.getKey());
      Tensor first = buffer.narrow(0, 0, entry.getValue().size());
      assertClose(entry.getKey(), first, entry.getValue(), 1e-4 * largest(entry.getValue()));
    }
  }

  private static double largest(JsonNode values) {
    double largest = 0;
    for (JsonNode value : values) {
      largest = Math.max(largest, Math.abs(value.asDouble()));
    }
    return largest;
  }

  static void assertClose(String name, Tensor actual, JsonNode expected, double tolerance) {
    double[] values = Tensors.toDoubles(actual);
    assertThat(values).as(name).hasSize(expected.size());
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i])
          .as("%s[%d]", name, i)
          .isCloseTo(expected.get(i).asDouble(), within(tolerance));
    }
  }

  private static Network network(String id, Map<String, String> options, int side) {
    return network(Registries.load().architectures().get(id), options, side);
  }

  private static <O extends Record> Network network(
      Architecture<O> architecture, Map<String, String> options, int side) {
    NetworkSpec spec = new NetworkSpec(new ImageShape(3, side, side), CLASSES);
    O defaults = architecture.defaults(RandomImages.of(1).spec());
    return architecture.build(spec, Options.bind(architecture.id(), defaults, options));
  }

  private static Network filled(JsonNode setting) {
    Map<String, String> options =
        setting.get("options").properties().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().asText()));
    Network network =
        network(setting.get("network").asText(), options, setting.get("side").asInt());
    Tensors.withoutGradients(
        () -> {
          network
              .state()
              .forEach(
                  (name, tensor) -> {
                    try (TensorScope own = TensorScope.open()) {
                      tensor.copy_(value(name, tensor.shape()));
                    }
                  });
          return network;
        });
    network.requireGradients(true);
    return network;
  }

  private static Tensor value(String name, long[] shape) {
    double[] u = noise(name, shape);
    if (shape.length == 2 || shape.length == 4) {
      double bound = Math.sqrt(3.0 * shape[0] / u.length);
      return tensor(u, 2 * bound, -bound, shape);
    }
    if (name.endsWith("running_mean")) {
      return tensor(u, 0.4, -0.2, shape);
    }
    boolean positive =
        Stream.of("running_var", "layer_scale").anyMatch(name::endsWith)
            || (shape.length == 1 && name.endsWith("weight"));
    return tensor(u, 1, positive ? 0.5 : -0.5, shape);
  }

  static Tensor tensor(double[] noise, double factor, double offset, long... shape) {
    float[] values = new float[noise.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (noise[i] * factor + offset);
    }
    return Tensors.ofFloats(values, shape);
  }

  /** Numbers in [0, 1) that depend on the name and the row-major index alone. */
  static double[] noise(String name, long... shape) {
    CRC32 start = new CRC32();
    start.update(name.getBytes(StandardCharsets.UTF_8));
    double[] values = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      int mixed = mixed(i * 0x9E3779B9 + (int) start.getValue());
      values[i] = Integer.toUnsignedLong(mixed) / 0x1p32;
    }
    return values;
  }

  /** The finaliser of MurmurHash3. */
  private static int mixed(int number) {
    int h = number;
    h ^= h >>> 16;
    h *= 0x85EBCA6B;
    h ^= h >>> 13;
    h *= 0xC2B2AE35;
    return h ^ h >>> 16;
  }
}
