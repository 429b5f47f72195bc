package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The deviations of first weights, which are those of torchvision's rules worked out by hand: √(2 /
 * fan) for He's normal initialisation, bound/√3 for uniform ones.
 */
@ExtendWith(OneThread.class)
class FirstWeightsTest {

  private static Network network(String id, String option, String value) {
    return network(Registries.load().architectures().get(id), Map.of(option, value));
  }

  private static <O extends Record> Network network(
      Architecture<O> architecture, Map<String, String> options) {
    O bound =
        Options.bind(architecture.id(), architecture.defaults(RandomImages.of(1).spec()), options);
    return architecture
        .build(new NetworkSpec(new ImageShape(3, 32, 32), 10), bound)
        .initialize(new Seed(5));
  }

  @ParameterizedTest
  @CsvSource({
    // fan_out = 16·9
    "resnet18, width, 16, layer1.0.conv1.weight, 0.1178511",
    // default: bound 1/√128
    "resnet18, width, 16, fc.weight, 0.0510310",
    // fan_out = 64·9
    "vgg19, width, 8, features.34.weight, 0.0589256",
    "vgg19, width, 8, classifier.3.weight, 0.01",
    // fan_in of a 1×1 convolution of 6·8 + 16 = 64 channels
    "densenet161, growth, 8, features.transition1.conv.weight, 0.1767767",
    // fan_out = 72·25, whatever the groups
    "mobilenet-v3-large, width_multiplier, 1, features.4.block.1.0.weight, 0.0333333",
    "mobilenet-v3-large, width_multiplier, 1, classifier.0.weight, 0.01",
    // bound 1/√10 classes
    "efficientnet-b3, width_multiplier, 0.25, classifier.1.weight, 0.1825742",
    "convnext-tiny, width, 32, features.5.3.block.3.weight, 0.02",
    "vit-b-16, width, 64, encoder.pos_embedding, 0.02",
    // √(1/768)
    "vit-b-16, width, 64, conv_proj.weight, 0.0360844",
    // Glorot with fans 64 and 192: √(6/256)/√3
    "vit-b-16, width, 64, encoder.layers.encoder_layer_3.self_attention.in_proj_weight, 0.0883883",
    // Glorot with fans 64 and 256
    "vit-b-16, width, 64, encoder.layers.encoder_layer_3.mlp.0.weight, 0.0790569",
    // default: bound 1/√64
    "vit-b-16, width, 64, encoder.layers.encoder_layer_3.self_attention.out_proj.weight, 0.0721688"
  })
  void deviation_isThatOfTheRule(
      String id, String option, String value, String parameter, String deviation) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor weights = network(id, option, value).parameters().get(parameter);
      double expected = Double.parseDouble(deviation);
      // four standard errors of the deviation of a normal sample
      double tolerance = 4 / Math.sqrt(2.0 * weights.numel());
      assertThat(weights.detach().std(false).item_double())
          .isCloseTo(expected, within(expected * tolerance));
      assertThat(weights.detach().mean().item_double())
          .isCloseTo(0, within(4 * expected / Math.sqrt((double) weights.numel())));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vgg19, width, 8, features.34.bias, 0",
    "vgg19, width, 8, classifier.0.bias, 0",
    "densenet161, growth, 8, classifier.bias, 0",
    "mobilenet-v3-large, width_multiplier, 0.25, features.4.block.2.fc1.bias, 0",
    "efficientnet-b3, width_multiplier, 0.25, classifier.1.bias, 0",
    "convnext-tiny, width, 8, features.5.3.layer_scale, 1e-6",
    "convnext-tiny, width, 8, classifier.2.bias, 0",
    "vit-b-16, width, 64, class_token, 0",
    "vit-b-16, width, 64, heads.head.weight, 0",
    "vit-b-16, width, 64, encoder.layers.encoder_layer_3.self_attention.in_proj_bias, 0",
    "vit-b-16, width, 64, encoder.layers.encoder_layer_3.self_attention.out_proj.bias, 0"
  })
  void constants_areThoseOfTheRule(
      String id, String option, String value, String parameter, double constant) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor weights = network(id, option, value).parameters().get(parameter).detach();
      assertThat(weights.min().item_double()).isEqualTo((double) (float) constant);
      assertThat(weights.max().item_double()).isEqualTo((double) (float) constant);
    }
  }

  @Test
  void biasesOfTheTransformersPerceptron_areAMillionth() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network("vit-b-16", "width", "64");
      Tensor biases = network.parameters().get("encoder.layers.encoder_layer_0.mlp.0.bias");
      assertThat(biases.detach().std(false).item_double()).isCloseTo(1e-6, within(2e-7));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vgg19, width, 4, true",
    "vgg19-bn, width, 4, true",
    "mobilenet-v3-large, width_multiplier, 0.25, true",
    "efficientnet-b3, width_multiplier, 0.25, true",
    "vit-b-16, width, 64, false",
    "resnet18, width, 4, false"
  })
  void training_dropsOutWhereTheReferenceDoes(
      String id, String option, String value, boolean drops) {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(id, option, value);
      Tensor images = Tensors.uniform(Tensors.generator(new Seed(6)), -1, 1, 4, 3, 32, 32);
      network.training(true);
      Tensor first = network.forward(images);
      assertThat(network.forward(images).equal(first)).isEqualTo(!drops);
      network.noise(new Seed(0));
      assertThat(network.forward(images).equal(first)).isTrue();
    }
  }
}
