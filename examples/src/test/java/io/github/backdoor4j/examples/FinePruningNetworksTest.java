package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.defenses.FinePruning;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fine-Pruning on heads of other forms than one affine layer over pooled channels. */
class FinePruningNetworksTest {

  private static final Seed SEED = new Seed(3);
  private static final ImageDataset IMAGES =
      TinyImages.blobs(TinyImages.spec(TinyImages.CIFAR, 10), 120, SEED);

  /** A narrow network, trained so little that no weights are as they were drawn. */
  @SuppressWarnings("unchecked") // the options come from this very architecture's defaults
  private static Network network(String id, String option, String value) {
    Architecture<Record> architecture =
        (Architecture<Record>) Registries.load().architectures().get(id);
    Record options = Options.bind(id, architecture.defaults(IMAGES.spec()), Map.of(option, value));
    if (id.equals("vit-b-16")) {
      options = Options.bind(id, options, Map.of("width", "64"));
    }
    Network network = architecture.build(NetworkSpec.of(IMAGES.spec()), options).initialize(SEED);
    new Trainer("network", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(network, IMAGES, TinyNetwork.plan(1), SEED);
    return network;
  }

  private static RepairedModel prune(Network suspect, Fidelity fidelity) {
    FinePruning defense = new FinePruning();
    DefenseContext context =
        new DefenseContext(
            defense,
            IMAGES.spec(),
            new DefenseContext.Materials(
                suspect, Optional.empty(), Optional.of(IMAGES), Optional.empty()),
            new Victim(suspect::copy, TinyNetwork.plan(0)),
            Workbench.simple(ComputeDevice.CPU, SEED));
    return defense.defend(
        context, new FinePruning.Options(0.1, 0.1, 0.5, TinyNetwork.plan(0), fidelity));
  }

  private static boolean[] zeroColumns(Network network) {
    Tensor weight = network.parameters().get(network.features().classifier() + ".weight");
    double[] sums = Tensors.toDoubles(weight.abs().sum(0));
    boolean[] zero = new boolean[sums.length];
    for (int k = 0; k < zero.length; k++) {
      zero[k] = sums[k] == 0;
    }
    return zero;
  }

  private static Tensor mask(boolean[] zero) {
    float[] mask = new float[zero.length];
    for (int k = 0; k < mask.length; k++) {
      mask[k] = zero[k] ? 0 : 1;
    }
    return Tensors.ofFloats(mask, 1, mask.length);
  }

  /**
   * The numbers of features per unit: 7×7 cells of each channel enter VGG's classifier, one of each
   * in the others.
   */
  @ParameterizedTest
  @CsvSource({
    "vgg19-bn, width, 2, 16, 49",
    "vgg19, width, 2, 16, 49",
    "mobilenet-v3-large, width_multiplier, 0.25, 240, 1",
    "efficientnet-b3, width_multiplier, 0.25, 320, 1",
    "convnext-tiny, width, 4, 32, 1",
    "vit-b-16, image_size, 32, 64, 1",
  })
  void units_arePruned_andTheNetworkComputesWhatTheMaskedOneDoes(
      String id, String option, String value, int units, int featuresPerUnit) {
    try (TensorScope scope = TensorScope.open()) {
      Network suspect = network(id, option, value);

      RepairedModel repaired = prune(suspect, Fidelity.PAPER);

      boolean[] zero = zeroColumns(repaired.network());
      int pruned = repaired.evidence().numbers().get("pruned_channels").intValue();
      assertThat(repaired.evidence().numbers().get("channels")).isEqualTo(units);
      assertThat(pruned).isBetween(1, units - 1);
      assertThat(count(zero)).isEqualTo(pruned * featuresPerUnit);
      assertUnits(zero, featuresPerUnit);
      assertMasked(suspect, repaired.network(), zero);
    }
  }

  private static int count(boolean[] zero) {
    int count = 0;
    for (boolean one : zero) {
      count += one ? 1 : 0;
    }
    return count;
  }

  private static void assertUnits(boolean[] zero, int featuresPerUnit) {
    for (int k = 0; k < zero.length; k++) {
      assertThat(zero[k]).as("feature %d", k).isEqualTo(zero[k - k % featuresPerUnit]);
    }
  }

  private static void assertMasked(Network suspect, Network repaired, boolean[] zero) {
    suspect.training(false);
    repaired.training(false);
    Tensor images = IMAGES.spec().normalization().normalize(IMAGES.images().narrow(0, 0, 8));
    Tensor mask = mask(zero);
    Tensor expected =
        suspect.forward(images, Taps.at(suspect.features().penultimate(), x -> x.mul(mask)));
    assertThat(torch.allclose(repaired.forward(images), expected, 1e-4, 1e-5, false)).isTrue();
  }
}
