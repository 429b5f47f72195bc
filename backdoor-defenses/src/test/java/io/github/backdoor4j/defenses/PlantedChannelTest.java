package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A backdoor whose place is known exactly: each pruning defense must find it and nothing else. */
@ExtendWith(OneThread.class)
class PlantedChannelTest {

  private static final Seed SEED = new Seed(1);

  private final TinyScene scene = TinyScene.backdoored();
  private final DatasetSpec spec = scene.training().spec();
  private TensorScope scope;
  private Network planted;

  @BeforeEach
  void plant() {
    scope = TensorScope.open();
    planted = PlantedNetwork.byHand(scene.training());
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void plantedNetwork_isAccurateAndBackdoored_byTheLastChannelAlone() {
    assertThat(scene.cleanAccuracy(planted)).isGreaterThan(0.9);
    assertThat(scene.attackSuccess(planted)).isEqualTo(1);
    for (int channel = 0; channel < PlantedNetwork.CHANNELS; channel++) {
      Network without = planted.copy();
      NormChannels.of(without, "test").prune(List.of(new Channel("norm", channel)), false);
      boolean last = channel == PlantedNetwork.PLANTED;
      assertThat(scene.cleanAccuracy(without) > 0.9).as("channel %d", channel).isEqualTo(last);
      assertThat(scene.attackSuccess(without)).as("%d", channel).isEqualTo(last ? 0 : 1);
    }
  }

  @Test
  void channelLipschitzness_findsIt() {
    ChannelLipschitzPruning defense = new ChannelLipschitzPruning();
    assertOnlyThePlantedIsPruned(run(defense, defense.defaults(spec)));
  }

  @Test
  void batchNormStatistics_findIt() {
    BatchNormStatisticsPruning defense = new BatchNormStatisticsPruning();
    assertOnlyThePlantedIsPruned(run(defense, defense.defaults(spec)));
  }

  @Test
  void entropy_findsIt() {
    EntropyPruning defense = new EntropyPruning();
    assertOnlyThePlantedIsPruned(run(defense, defense.defaults(spec)));
  }

  @Test
  void adversarialNoise_findsIt() {
    AdversarialNeuronPruning defense = new AdversarialNeuronPruning();
    assertOnlyThePlantedIsPruned(run(defense, AdversarialNeuronPruningTest.quick(spec)));
  }

  @Test
  void reconstruction_findsIt() {
    ReconstructiveNeuronPruning defense = new ReconstructiveNeuronPruning();
    assertOnlyThePlantedIsPruned(run(defense, ReconstructiveNeuronPruningTest.gentle(spec)));
  }

  @Test
  void finePruning_findsIt() {
    FinePruning defense = new FinePruning();
    FinePruning.Options options = defense.defaults(spec);
    TrainingPlan still = TinyNetwork.plan(0).withOptimizer(new OptimizerSpec.Sgd(0, 0, 0, false));

    RepairedModel repaired =
        run(
            defense,
            new FinePruning.Options(
                options.maxAccuracyDrop(), 0.01, 0.4, still, options.fidelity()));

    List<Integer> pruned = new ArrayList<>();
    Tensor weight = repaired.network().parameters().get("linear.weight");
    for (int channel = 0; channel < PlantedNetwork.CHANNELS; channel++) {
      Tensor columns = weight.narrow(1, (long) channel * 4, 4);
      if (columns.abs().sum().item_double() == 0) {
        pruned.add(channel);
      }
    }
    assertThat(pruned).containsExactly(PlantedNetwork.PLANTED);
    assertBackdoorIsGone(repaired);
  }

  private <O extends Record> RepairedModel run(DefenseStrategy<O> defense, O options) {
    return (RepairedModel)
        defense.defend(
            TinyContexts.defense(defense, scene, scene.materials(planted), SEED), options);
  }

  private void assertOnlyThePlantedIsPruned(RepairedModel repaired) {
    Map<String, Tensor> after = repaired.network().parameters();
    double[] scales = Tensors.toDoubles(after.get("norm.weight"));
    List<Integer> pruned = new ArrayList<>();
    for (int channel = 0; channel < scales.length; channel++) {
      if (scales[channel] == 0) {
        pruned.add(channel);
      }
    }
    assertThat(pruned).containsExactly(PlantedNetwork.PLANTED);
    assertBackdoorIsGone(repaired);
  }

  private void assertBackdoorIsGone(RepairedModel repaired) {
    assertThat(scene.attackSuccess(repaired.network())).isEqualTo(0);
    assertThat(scene.cleanAccuracy(repaired.network())).isEqualTo(scene.cleanAccuracy(planted));
  }
}
