package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.defenses.ReconstructiveNeuronPruning.Options;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.NamedStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReconstructiveNeuronPruningTest implements DefenseStrategyContract<Options> {

  private final TinyScene scene = TinyScene.backdoored();

  @Override
  public ReconstructiveNeuronPruning strategy() {
    return new ReconstructiveNeuronPruning();
  }

  @Override
  public Options options(DatasetSpec data) {
    return with(data, 3, 3, 0.001, 0.2, 0.2, Selection.FIXED);
  }

  /** Small batches, and an ascent that a network with few channels survives. */
  static Options gentle(DatasetSpec data) {
    return with(data, 20, 20, 0.001, 0.2, 0.2, Selection.FIXED);
  }

  private static Options with(
      DatasetSpec data,
      int unlearning,
      int recovering,
      double rate,
      double maskRate,
      double alpha,
      Selection selection) {
    Options o = new ReconstructiveNeuronPruning().defaults(data);
    return new Options(
        1,
        o.unlearning()
            .withEpochs(unlearning)
            .withBatchSize(32)
            .withOptimizer(new OptimizerSpec.Sgd(rate, 0.9, 5e-4, false)),
        o.stopAccuracy(),
        o.recovering()
            .withEpochs(recovering)
            .withBatchSize(32)
            .withOptimizer(new OptimizerSpec.Sgd(maskRate, 0.9, 0, false)),
        alpha,
        o.threshold(),
        selection,
        o.maxAccuracyDrop(),
        o.keptBack(),
        o.fidelity());
  }

  @Test
  void defaults_areTheBenchmarks() {
    Options options = strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    TrainingPlan unlearning = options.unlearning();
    assertThat(unlearning.epochs()).isEqualTo(20);
    assertThat(unlearning.optimizer()).isEqualTo(new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false));
    assertThat(unlearning.schedule()).isEqualTo(new ScheduleSpec.MultiStep(List.of(10, 20), 0.1));
    assertThat(options.recovering().optimizer())
        .isEqualTo(new OptimizerSpec.Sgd(0.2, 0.9, 0, false));
    assertThat(options.threshold()).isEqualTo(0.7);
    assertThat(options.images(2500)).as("1 %% of CIFAR-10, of the benchmark's 5 %%").isEqualTo(500);
    assertThat(options.selection()).isEqualTo(Selection.FIXED);
  }

  @Test
  void stopAccuracy_isInProportionToChance_butNotInTheBenchmark() {
    Options paper = strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));
    Options benchmark = NamedStrategyContract.with(paper, "fidelity", "backdoorbench");
    Options early = NamedStrategyContract.with(paper, "stop_accuracy", "0.87");

    assertThat(paper.stopAccuracyFor(10)).isEqualTo(0.2);
    assertThat(paper.stopAccuracyFor(200)).isEqualTo(0.01);
    assertThat(paper.stopAccuracyFor(2)).isEqualTo(0.5);
    assertThat(early.stopAccuracyFor(10)).isCloseTo(0.87, within(1e-12));
    assertThat(early.stopAccuracyFor(2)).isEqualTo(0.87);
    assertThat(benchmark.stopAccuracyFor(200)).isEqualTo(0.2);
  }

  @Test
  void unlearning_stopsAfterTheFirstEpochAtTheLimit() {
    var stop = new ReconstructiveNeuronPruning.StopAtAccuracy(0.2);
    double[] accuracies = {0.9, 0.6, 0.19, 0.05};

    int epochs = 0;
    while (!stop.wantsStop()) {
      stop.onEpoch(new EpochReport(epochs, 0.01, Map.of("accuracy", accuracies[epochs]), 0));
      epochs++;
    }

    assertThat(epochs).isEqualTo(3);
  }

  @Test
  void unlearning_endsAtTheStopAccuracy_wellBeforeItsLastEpoch() {
    try (TensorScope scope = TensorScope.open()) {
      Options options = with(scene.training().spec(), 40, 1, 0.03, 0.2, 0.2, Selection.FIXED);

      Map<String, Double> numbers =
          Suspects.repair(strategy(), options, scene).evidence().numbers();

      assertThat(numbers.get("unlearning_epochs")).isLessThan(40);
      assertThat(numbers.get("unlearning_accuracy")).isLessThanOrEqualTo(0.5); // four classes
      assertThat(numbers.get("unlearning_loss")).isLessThan(-1);
    }
  }

  @Test
  void trainedBackdoor_isGone_atFullAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = Suspects.repair(strategy(), gentle(scene.training().spec()), scene);

      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network())).isGreaterThan(0.97);
      assertThat(
              Suspects.differOnlyIn(
                  Suspects.pruned(repaired.network()), false, scene.model(), repaired.network()))
          .as("only scales of the suspect changed, whatever was unlearnt")
          .isTrue();
    }
  }

  /** The fixed threshold prunes channels that a network this small cannot do without. */
  @Test
  void cleanModel_keepsItsAccuracy_whereTheHoldoutChooses() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene clean = TinyScene.clean();
      Options options =
          with(clean.training().spec(), 10, 10, 0.001, 0.2, 0.2, Selection.CLEAN_HOLDOUT);

      RepairedModel repaired = Suspects.repair(strategy(), options, clean);

      assertThat(clean.cleanAccuracy(repaired.network()))
          .isGreaterThanOrEqualTo(clean.cleanAccuracy(clean.model()) - 0.1);
    }
  }

  /** Momentum without decay: what counts is the product of factor and learning rate. */
  @Test
  void factorOfTheLoss_scalesTheMasksSteps() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSpec data = scene.training().spec();

      List<Double> one = masks(with(data, 2, 5, 0.03, 4, 0.1, Selection.FIXED));
      List<Double> other = masks(with(data, 2, 5, 0.03, 1, 0.4, Selection.FIXED));

      assertThat(one).anyMatch(m -> m < 0.95);
      for (int i = 0; i < one.size(); i++) {
        assertThat(one.get(i))
            .isCloseTo(other.get(i), org.assertj.core.api.Assertions.within(2e-4));
      }
    }
  }

  private List<Double> masks(Options options) {
    return Suspects.repair(strategy(), options, scene).evidence().figures().stream()
        .filter(Figure.Histogram.class::isInstance)
        .map(figure -> ((Figure.Histogram) figure).samples().get("channels"))
        .findFirst()
        .orElseThrow();
  }

  /** Each image that is worked with passes once per epoch of each phase, and nothing else does. */
  @Test
  void holdoutShare_isWhatIsWorkedWith() {
    try (TensorScope scope = TensorScope.open()) {
      Options all = with(scene.training().spec(), 2, 3, 0.001, 0.2, 0.2, Selection.FIXED);
      Options fifth = NamedStrategyContract.with(all, "holdout_share", "0.2");
      int holdout = scene.holdout().size();

      assertThat(forward(all)).isEqualTo((2 + 3) * holdout);
      assertThat(forward(fifth)).isEqualTo((2 + 3) * holdout / 5.0);
    }
  }

  private double forward(Options options) {
    DefenseContext context =
        TinyContexts.defense(strategy(), options, scene, scene.materials(), SEED);
    strategy().defend(context, options);
    return context.passes().images();
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> with(scene.training().spec(), 1, 1, 0.01, 0.2, 0, Selection.FIXED))
        .isInstanceOf(UsageException.class)
        .hasMessage("alpha must lie in (0, 1], but was 0.0");
  }
}
