package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The network against an independent statement in Python, {@code preact_resnet18_reference.py},
 * with weights and images from a formula that both sides compute.
 */
class PreActResNet18ReferenceTest {

  private static JsonNode reference;

  private TensorScope scope;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream json =
        PreActResNet18ReferenceTest.class.getResourceAsStream("/preact_resnet18_reference.json")) {
      reference = Json.mapper().readTree(json);
    }
  }

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void state_hasTheReferencesNamesAndShapes() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    network(64, 32).state().forEach((name, tensor) -> shapes.put(name, listOf(tensor.shape())));
    Map<String, List<Long>> expected = new LinkedHashMap<>();
    reference
        .get("shapes")
        .properties()
        .forEach(e -> expected.put(e.getKey(), longs(e.getValue())));
    assertThat(shapes).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void logits_equalTheReferences(int index) {
    JsonNode expected = reference.get("evaluation").get(index);
    Network network = filled(expected);
    Tensor logits = network.logits(images(expected));
    assertClose("logits", logits, expected.get("logits"), 1e-4);
  }

  @Test
  void gradientsAndRunningStatistics_equalTheReferences() {
    JsonNode expected = reference.get("training");
    Network network = filled(expected);
    network.training(true);
    long[] labels = {0, 1, 2, 3, 4, 5};
    Tensor loss =
        torch.cross_entropy_loss(network.forward(images(expected)), Tensors.ofLongs(labels));
    assertThat(loss.item_double()).isCloseTo(expected.get("loss").asDouble(), within(1e-4));

    for (Map.Entry<String, JsonNode> entry : expected.get("gradients").properties()) {
      Tensor parameter = network.parameters().get(entry.getKey());
      assertClose(entry.getKey(), gradient(loss, parameter), entry.getValue(), 1e-3);
    }
    for (Map.Entry<String, JsonNode> entry : expected.get("buffers").properties()) {
      assertClose(entry.getKey(), network.buffers().get(entry.getKey()), entry.getValue(), 1e-4);
    }
  }

  private static Tensor gradient(Tensor loss, Tensor parameter) {
    return Tensors.gradients(loss, true, parameter)[0].detach(); // true keeps the graph
  }

  /** Relative to the largest expected value. */
  private static void assertClose(String name, Tensor actual, JsonNode expected, double relative) {
    double[] values = Tensors.toDoubles(actual);
    double largest = 0;
    for (JsonNode value : expected) {
      largest = Math.max(largest, Math.abs(value.asDouble()));
    }
    assertThat(values).as(name).hasSize(expected.size());
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i])
          .as("%s[%d]", name, i)
          .isCloseTo(expected.get(i).asDouble(), within(relative * largest));
    }
  }

  private static Network network(int width, int side) {
    NetworkSpec spec = new NetworkSpec(new ImageShape(3, side, side), 10);
    return new PreActResNet18().build(spec, new PreActResNet18.Options(width));
  }

  private static Network filled(JsonNode setting) {
    Network network = network(setting.get("width").asInt(), setting.get("side").asInt());
    network.initialize(new Seed(1));
    Map<String, Tensor> values = new LinkedHashMap<>();
    network.state().forEach((name, tensor) -> values.put(name, value(name, tensor.shape())));
    network.copyState(values);
    return network;
  }

  private static Tensor images(JsonNode setting) {
    long side = setting.get("side").asLong();
    long[] shape = {setting.get("count").asLong(), 3, side, side};
    return tensor(noise("images", shape), 4, -2, shape);
  }

  private static Tensor value(String name, long[] shape) {
    double[] u = noise(name, shape);
    if (shape.length > 1) {
      double bound = Math.sqrt(3.0 * shape[0] / u.length);
      return tensor(u, 2 * bound, -bound, shape);
    }
    if (name.endsWith("running_mean")) {
      return tensor(u, 0.4, -0.2, shape);
    }
    boolean positive = name.endsWith("running_var") || name.endsWith("weight");
    return tensor(u, 1, positive ? 0.5 : -0.5, shape);
  }

  private static Tensor tensor(double[] noise, double factor, double offset, long[] shape) {
    float[] values = new float[noise.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (noise[i] * factor + offset);
    }
    return Tensors.ofFloats(values, shape);
  }

  /** Numbers in [0, 1) that depend on the name and the row-major index alone. */
  private static double[] noise(String name, long[] shape) {
    int start = 0;
    for (int k = 0; k < name.length(); k++) {
      start += (k + 1) * name.charAt(k);
    }
    int count = 1;
    for (long extent : shape) {
      count *= (int) extent;
    }
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      double v = Math.sin(12.9898 * (i + 1) + start % 1000) * 43758.5453;
      values[i] = v - Math.floor(v);
    }
    return values;
  }

  private static List<Long> listOf(long[] values) {
    List<Long> list = new ArrayList<>();
    for (long value : values) {
      list.add(value);
    }
    return list;
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> list = new ArrayList<>();
    array.forEach(value -> list.add(value.asLong()));
    return list;
  }
}
