package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.NetworkWithMixer;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/**
 * The contract of a network architecture. A test class implements it and fills in {@link
 * #strategy()}; {@link #options} keeps it quick.
 *
 * @param <O> the architecture's options
 */
public interface ArchitectureContract<O extends Record> extends NamedStrategyContract<O> {

  @Override
  Architecture<O> strategy();

  /** Options for the tests; override with a narrow network. */
  default O options(DatasetSpec data) {
    return strategy().defaults(data);
  }

  /** Data sets that the architecture must be able to take. */
  default List<DatasetSpec> inputs() {
    return List.of(
        TinyImages.spec(TinyImages.CIFAR, 10), TinyImages.spec(TinyImages.TINY_IMAGENET, 200));
  }

  /** A network with weights for the first of {@link #inputs()}. */
  default Network network(Seed seed) {
    return network(inputs().get(0), seed);
  }

  private Network network(DatasetSpec data, Seed seed) {
    return strategy().build(NetworkSpec.of(data), options(data)).initialize(seed);
  }

  private static Tensor images(DatasetSpec data, int count) {
    return data.normalization().normalize(TinyImages.blobs(data, count, SEED).images());
  }

  @Test
  default void id_leadsToTheArchitecture() {
    NamedContract.assertRegistered(Architecture.class, strategy());
  }

  /** Whom an architecture follows is no question: networks need no fidelity option. */
  @Override
  default void options_ofBuiltInMethods_haveFidelity() {}

  @Test
  default void logits_haveOneFiniteValuePerClass() {
    for (DatasetSpec data : inputs()) {
      try (TensorScope scope = TensorScope.open()) {
        Network network = network(data, SEED);

        Tensor logits = network.logits(images(data, 3));

        assertThat(network.classes()).isEqualTo(data.classes());
        assertThat(logits.shape()).containsExactly(3, data.classes());
        assertThat(Tensors.allFinite(logits)).as("whether all logits are finite").isTrue();
      }
    }
  }

  @Test
  default void logits_inEvaluationMode_doNotDependOnTheBatch() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      Tensor images = images(inputs().get(0), 4);

      Tensor together = network.logits(images).narrow(0, 1, 1);
      Tensor alone = network.logits(images.narrow(0, 1, 1));

      assertThat(together.allclose(alone, 1e-4, 1e-5, false)).isTrue();
    }
  }

  @Test
  default void weights_sameSeedGivesTheSame_anotherSeedAnother() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(hash(network(SEED))).isEqualTo(hash(network(SEED)));
      assertThat(hash(network(SEED))).isNotEqualTo(hash(network(SEED.child("other"))));
    }
  }

  @Test
  default void copy_isIndependentAndComputesTheSame() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      Tensor images = images(inputs().get(0), 2);
      String before = hash(network);

      Network copy = network.copy();

      assertThat(Tensors.sha256(copy.logits(images)))
          .isEqualTo(Tensors.sha256(network.logits(images)));
      Tensors.withoutGradients(
          () -> {
            copy.parameters().values().forEach(Tensor::zero_);
            return copy;
          });
      assertThat(hash(network)).as("weights after the copy was changed").isEqualTo(before);
    }
  }

  private static String hash(Network network) {
    StringBuilder hashes = new StringBuilder();
    network.forEachTensor(tensor -> hashes.append(Tensors.sha256(tensor)).append('\n'));
    return hashes.toString();
  }

  @Test
  default void gradients_reachEveryParameter() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      network.training(true);
      Map<String, Tensor> parameters = network.parameters();

      Tensor loss =
          torch.cross_entropy_loss(
              network.forward(images(inputs().get(0), 4)),
              Tensors.ofLongs(new long[] {0, 1, 2, 3}));
      Tensor[] gradients =
          Tensors.gradients(loss, false, parameters.values().toArray(new Tensor[0]));

      int i = 0;
      for (String name : parameters.keySet()) {
        assertThat(Tensors.allFinite(gradients[i++])).as("gradient of %s finite", name).isTrue();
      }
    }
  }

  @Test
  default void taps_seeEveryLayerAndCanReplaceIt() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      network.training(false);
      Tensor images = images(inputs().get(0), 2);
      String plain = Tensors.sha256(network.forward(images));
      for (Layer layer : network.layers()) {
        assertThat(network.tapNames()).contains(layer.name());
      }
      for (String tap : network.tapNames()) {
        Taps shift = Taps.at(tap, x -> x.mul(Tensors.scalar(3)).add(Tensors.scalar(2)));
        assertThat(Tensors.sha256(network.forward(images, shift)))
            .as("logits with another output at '%s'", tap)
            .isNotEqualTo(plain);
      }
    }
  }

  @Test
  default void features_feedTheClassifier() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      network.training(false);
      FeatureLayout layout = network.features();
      Recorder recorder =
          new Recorder(layout.lastConvolution(), layout.penultimate(), layout.classifier());

      network.forward(images(inputs().get(0), 2), recorder.taps());

      Tensor map = recorder.get(layout.lastConvolution());
      Tensor features = recorder.get(layout.penultimate());
      assertThat(map.dim()).as("dimensions of the last feature map").isEqualTo(4);
      assertThat(features.dim()).as("dimensions of the features").isEqualTo(2);
      assertThat(features.size(1) % map.size(1)).as("features per channel, remainder").isZero();
      Map<String, Tensor> state = network.state();
      Tensor again =
          torch.linear(
              features,
              state.get(layout.classifier() + ".weight"),
              new TensorOptional(state.get(layout.classifier() + ".bias")));
      assertThat(again.allclose(recorder.get(layout.classifier()), 1e-4, 1e-5, false))
          .as("whether '%s' is applied to '%s'", layout.classifier(), layout.penultimate())
          .isTrue();
    }
  }

  @Test
  default void mixerBeforeTheLastBlock_startsAsTheIdentity() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      String place = network.features().lastBlock();
      assumeTrue(!place.isEmpty(), "the network does not say where its last block begins");
      network.training(false);
      Tensor images = images(inputs().get(0), 2);

      Network mixed = NetworkWithMixer.with(network, List.of(place));

      assertThat(mixed.features().lastBlock()).isEqualTo("mixer.bn");
      assertThat(mixed.forward(images).allclose(network.forward(images), 1e-3, 1e-3, false))
          .as("whether a mixer that mixes nothing changes nothing")
          .isTrue();
      assertThat(mixed.copy().forward(images).equal(mixed.forward(images))).isTrue();
    }
  }

  @Test
  default void analysisActivations_haveOneRowPerImage() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(SEED);
      network.training(false);
      Recorder recorder = new Recorder(network.features().analysis());

      network.forward(images(inputs().get(0), 3), recorder.taps());

      Tensor rows = recorder.get(network.features().analysis()).flatten(1, -1);
      assertThat(rows.size(0)).isEqualTo(3);
      assertThat(Tensors.allFinite(rows)).as("whether all activations are finite").isTrue();
    }
  }

  @Test
  default void forward_leavesNoNativeMemory() {
    NativeLeaks.assertNone(() -> network(SEED).logits(images(inputs().get(0), 2)));
  }

  /** Seed of the tests. */
  Seed SEED = new Seed(1);
}
