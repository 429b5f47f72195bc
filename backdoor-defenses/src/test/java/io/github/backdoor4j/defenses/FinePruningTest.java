package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FinePruningTest implements DefenseStrategyContract<FinePruning.Options> {

  private static final TrainingPlan NO_TUNING = TinyNetwork.plan(0);
  private static PlantedNetwork planted;

  @Override
  public FinePruning strategy() {
    return new FinePruning();
  }

  @Override
  public FinePruning.Options options(DatasetSpec data) {
    return options(TinyNetwork.plan(2), Fidelity.PAPER);
  }

  private static FinePruning.Options options(TrainingPlan tuning, Fidelity fidelity) {
    return new FinePruning.Options(0.1, 0.01, 0.4, tuning, fidelity);
  }

  private static FinePruning.Options quick() {
    return options(NO_TUNING, Fidelity.PAPER);
  }

  @BeforeAll
  static void plantABackdoor() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset clean = TinyImages.blobs(400, SEED.child("clean"));
      planted = new PlantedNetwork(NetworkSpec.of(clean.spec()));
      planted.initialize(SEED);
      new Trainer("planted", ComputeDevice.CPU, Checkpoints.none(), List.of())
          .fit(planted, clean, TinyNetwork.plan(4), SEED);
      planted.plant();
      planted.forEachTensor(Tensor::retainReference);
    }
  }

  private static RepairedModel prune(Network suspect, FinePruning.Options options) {
    TinyScene scene = TinyScene.backdoored();
    FinePruning defense = new FinePruning();
    return defense.defend(
        TinyContexts.defense(defense, options, scene, scene.materials(suspect), SEED), options);
  }

  private static double[] columns(Network network, int unit, int width) {
    Tensor weight = network.parameters().get("linear.weight");
    return Tensors.toDoubles(weight.narrow(1, (long) unit * width, width));
  }

  @Test
  void plantedChannel_isPruned_andTheBackdoorWithIt() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      assertThat(scene.attackSuccess(planted)).as("success before").isEqualTo(1);

      Network pruned = prune(planted, options(NO_TUNING, Fidelity.PAPER)).network();

      assertThat(columns(pruned, PlantedNetwork.PLANTED, PlantedNetwork.CELLS)).containsOnly(0);
      assertThat(scene.attackSuccess(pruned)).as("success after").isLessThan(0.3);
      assertThat(scene.cleanAccuracy(pruned)).isGreaterThan(0.85 * scene.cleanAccuracy(planted));
    }
  }

  @Test
  void prunedColumns_stayZero_throughTuningWithDecayAndMomentum() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = prune(planted, options(TinyNetwork.plan(3), Fidelity.PAPER));

      double pruned = repaired.evidence().numbers().get("pruned_channels");
      long zeroChannels = 0;
      for (int unit = 0; unit < PlantedNetwork.CHANNELS; unit++) {
        double[] columns = columns(repaired.network(), unit, PlantedNetwork.CELLS);
        zeroChannels += Arrays.stream(columns).allMatch(w -> w == 0) ? 1 : 0;
      }
      assertThat(zeroChannels).isEqualTo((long) pruned).isPositive();
    }
  }

  /** Without tuning, the plain network must compute what the old one computes under the mask. */
  @ParameterizedTest
  @EnumSource
  void foldedMask_keepsTheMaskedFunction(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network repaired = prune(scene.model(), options(NO_TUNING, fidelity)).network();
      Tensor images = scene.test().spec().normalization().normalize(scene.test().images());
      Tensor weight = repaired.parameters().get("linear.weight");
      Tensor mask = weight.abs().sum(0).ne(Tensors.scalar(0)).to(weight.scalar_type());
      Network suspect = scene.model().copy();

      Tensor masked = suspect.forward(images, Taps.at("features", x -> x.mul(mask)));

      assertThat(mask.sum().item_double()).as("columns left").isLessThan(16);
      assertThat(repaired.logits(images).allclose(masked, 1e-5, 1e-6, false)).isTrue();
    }
  }

  @Test
  void channels_areRankedAfterRelu_unitsOfTheBenchmarkWithTheirSign() {
    try (TensorScope scope = TensorScope.open()) {
      Evidence paper = prune(planted, options(NO_TUNING, Fidelity.PAPER)).evidence();
      Evidence benchmark = prune(planted, options(NO_TUNING, Fidelity.BACKDOORBENCH)).evidence();

      assertThat(paper.numbers()).containsEntry("channels", 12.0);
      assertThat(benchmark.numbers()).containsEntry("channels", 48.0);
    }
  }

  @Test
  void evidence_showsTheSweepWithTheChosenPoint() {
    try (TensorScope scope = TensorScope.open()) {
      Evidence evidence = prune(planted, options(NO_TUNING, Fidelity.PAPER)).evidence();

      Figure.Curves curve = (Figure.Curves) evidence.figures().get(0);
      assertThat(curve.x()).hasSize(12).startsWith(0.0, 1.0).endsWith(11.0);
      List<Double> chosen = curve.series().get("chosen");
      int at = evidence.numbers().get("pruned_channels").intValue();
      assertThat(chosen.get(at)).isEqualTo(evidence.numbers().get("kept_back_accuracy_pruned"));
      assertThat(chosen.stream().filter(Double::isFinite).count()).isEqualTo(1);
      assertThat(evidence.numbers()).containsEntry("kept_back_images", 40.0);
      assertThat(evidence.notes()).anyMatch(note -> note.contains("not on test data"));
    }
  }

  @Test
  void tolerance_isKeptByPaper_brokenByBenchmark() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(relativeLoss(Fidelity.PAPER)).isLessThan(0.1);
      assertThat(relativeLoss(Fidelity.BACKDOORBENCH)).isGreaterThanOrEqualTo(0.1);
    }
  }

  private static double relativeLoss(Fidelity fidelity) {
    Map<String, Double> numbers = prune(planted, options(NO_TUNING, fidelity)).evidence().numbers();
    double before = numbers.get("kept_back_accuracy_before");
    return (before - numbers.get("kept_back_accuracy_pruned")) / before;
  }

  @Test
  void fixedShare_isPruned_whateverItCosts() {
    try (TensorScope scope = TensorScope.open()) {
      FinePruning.Options options =
          Options.bind("test", quick(), Map.of("selection", "fixed", "pruned_share", "0.75"));

      RepairedModel repaired = prune(planted, options);

      assertThat(repaired.evidence().numbers()).containsEntry("pruned_channels", 9.0);
      assertThat(repaired.evidence().notes()).anyMatch(note -> note.contains("beforehand"));
    }
  }

  /** On test data no number of channels beats one that includes the planted channel. */
  @Test
  void oracle_choosesByTestData_andOnlyIfAskedFor() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      FinePruning.Options options = Options.bind("test", quick(), Map.of("selection", "oracle"));

      RepairedModel repaired = prune(planted, options);

      assertThat(columns(repaired.network(), PlantedNetwork.PLANTED, PlantedNetwork.CELLS))
          .containsOnly(0);
      assertThat(strategy().needs(options)).contains(DefenderAccess.ORACLE);
      assertThatThrownBy(
              () -> strategy().defend(TinyContexts.defense(strategy(), scene, SEED), options))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("ORACLE");
    }
  }

  @Test
  void variants_areTheSuspectAtEachSetting_theChosenOneIsReturned() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = prune(planted, quick());
      Variants variants = repaired.variants().orElseThrow();

      assertThat(variants.positions()).hasSize(12).startsWith(0.0, 1.0).endsWith(11.0);
      assertThat(weights(variants.model().apply(0))).isEqualTo(weights(planted));
      assertThat(weights(variants.model().apply(variants.chosen())))
          .isEqualTo(weights(repaired.network()));
    }
  }

  private static String weights(Network network) {
    StringBuilder hashes = new StringBuilder();
    network.forEachTensor(tensor -> hashes.append(Tensors.sha256(tensor)));
    return hashes.toString();
  }

  @Test
  void cleanModel_keepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.clean();

      Network tuned = prune(scene.model(), options(TinyNetwork.plan(10), Fidelity.PAPER)).network();

      assertThat(scene.cleanAccuracy(tuned))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.02);
    }
  }

  @Test
  void holdoutTooSmallToSplit_isNotApplicable() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      DefenseContext.Materials materials =
          new DefenseContext.Materials(
              scene.model(),
              Optional.empty(),
              Optional.of(scene.holdout().subset(new long[] {3, 4})),
              Optional.empty());
      DefenseContext context = TinyContexts.defense(strategy(), scene, materials, SEED);

      assertThatThrownBy(() -> strategy().defend(context, options(context.spec())))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("2 images");
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> Options.bind("test", quick(), Map.of("kept_back", "1")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("kept_back must lie in (0, 1), but was 1.0");
    assertThatThrownBy(() -> Options.bind("test", quick(), Map.of("step_share", "0")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("step_share");
  }
}
