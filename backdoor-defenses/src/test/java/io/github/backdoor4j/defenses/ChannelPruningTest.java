package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Oracle;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The part that all pruning defenses share, under given masks. */
@ExtendWith(OneThread.class)
class ChannelPruningTest {

  /** Six masks; with the accuracies and successes below the example of the specification. */
  private static final MaskTraining.Learnt MASK =
      new MaskTraining.Learnt(Map.of("bn4", new double[] {0, 0.12, 0.31, 0.62, 0.88, 1.0}));

  private static final double[] ACCURACY = {.920, .918, .915, .900, .850, .600};
  private static final double[] SUCCESS = {.99, .99, .40, .02, .02, .001};

  private final TinyScene scene = TinyScene.backdoored();
  private TensorScope scope;
  private Network network;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    network = scene.model().copy();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private RepairedModel prune(Selection selection, double tolerance, Oracle oracle) {
    return prune(MASK, selection, tolerance, oracle);
  }

  private RepairedModel prune(
      MaskTraining.Learnt mask, Selection selection, double tolerance, Oracle oracle) {
    DefenseContext.Materials materials =
        new DefenseContext.Materials(
            network,
            Optional.empty(),
            Optional.of(scene.holdout()),
            Optional.empty(),
            Optional.of(oracle));
    AdversarialNeuronPruning anp = new AdversarialNeuronPruning();
    AdversarialNeuronPruning.Options options =
        AdversarialNeuronPruningTest.selecting(scene.training().spec(), selection);
    DefenseContext context = TinyContexts.defense(anp, options, scene, materials, new Seed(1));
    return new ChannelPruning(context, network, NormChannels.of(network, "test"), false)
        .prune(
            mask.settings(0.7),
            new ChannelPruning.Rule(selection, tolerance, scene::holdout),
            threshold -> new Evidence(Map.of(), List.of(mask.histogram(threshold)), List.of()));
  }

  /** The threshold that the histogram of masks draws. */
  private static double drawn(RepairedModel repaired) {
    return repaired.evidence().figures().stream()
        .filter(Figure.Histogram.class::isInstance)
        .mapToDouble(figure -> ((Figure.Histogram) figure).threshold())
        .findFirst()
        .orElseThrow();
  }

  private static Oracle untouched() {
    return model -> {
      throw new AssertionError("nobody may look at test data");
    };
  }

  /** Knows a model by the number of channels that were pruned. */
  private static Oracle oracle() {
    return model -> {
      int pruned = Suspects.pruned(model).size();
      return new Oracle.Score(ACCURACY[pruned], SUCCESS[pruned]);
    };
  }

  @Test
  void fixedThreshold_isTakenWithoutLookingAtAnything() {
    RepairedModel repaired = prune(Selection.FIXED, 0.1, untouched());

    assertThat(Suspects.pruned(repaired.network())).hasSize(4);
    assertThat(repaired.evidence().numbers())
        .containsEntry("pruned_channels", 4.0)
        .containsEntry("threshold", drawn(repaired))
        .containsEntry("threshold", 0.7)
        .doesNotContainKeys("kept_back_accuracy_before", "test_accuracy_before");
  }

  @Test
  void oracle_takesTheLeastAttackSuccessWithinTheTolerance_firstOnTies() {
    RepairedModel repaired = prune(Selection.ORACLE, 0.1, oracle());

    assertThat(Suspects.pruned(repaired.network())).hasSize(3);
    assertThat(repaired.evidence().numbers())
        .containsEntry("threshold", 0.35000000000000003)
        .containsEntry("test_accuracy_before", 0.92)
        .containsEntry("test_accuracy_pruned", 0.9);
    assertThat(drawn(repaired)).isEqualTo(0.35000000000000003);
    Figure.Curves curve = (Figure.Curves) repaired.evidence().figures().get(1);
    assertThat(curve.series().get("attack success")).containsExactly(.99, .99, .40, .02, .02, .001);
  }

  @Test
  void oracleThatKnowsNoBetter_keepsTheModel() {
    RepairedModel repaired = prune(Selection.ORACLE, 0.1, model -> new Oracle.Score(0.9, 0.5));

    assertThat(Suspects.pruned(repaired.network())).isEmpty();
    assertThat(repaired.evidence().notes())
        .anyMatch(note -> note.contains("No channel was pruned"));
    assertThat(drawn(repaired)).as("no threshold prunes none").isNaN();
  }

  @Test
  void cleanHoldout_takesTheLastSettingBeforeAccuracyFalls() {
    double[] last = Thresholds.steps(0, 0.06, 16); // all channels before the classifier
    MaskTraining.Learnt mask = new MaskTraining.Learnt(Map.of("bn4", last));

    RepairedModel repaired = prune(mask, Selection.CLEAN_HOLDOUT, 0.001, untouched());

    Map<String, Double> numbers = repaired.evidence().numbers();
    int pruned = numbers.get("pruned_channels").intValue();
    assertThat(pruned).isBetween(1, 13);
    assertThat(numbers.get("kept_back_accuracy_pruned"))
        .isCloseTo(numbers.get("kept_back_accuracy_before"), within(1e-9));
    Figure.Curves curve = (Figure.Curves) repaired.evidence().figures().get(1);
    assertThat(curve.series().get("clean accuracy").get(pruned + 1)).isLessThan(1);
    assertThat(curve.series().get("clean accuracy").stream().filter(Double::isFinite).count())
        .as("settings looked at")
        .isEqualTo(pruned + 2);
  }

  @Test
  void variants_areTheModelsAlongTheThreshold_eachForItself() {
    RepairedModel repaired = prune(Selection.FIXED, 0.1, untouched());
    Variants variants = repaired.variants().orElseThrow();

    assertThat(variants.axis()).isEqualTo("pruned channels");
    assertThat(variants.positions()).containsExactly(0.0, 1.0, 2.0, 3.0, 4.0, 5.0);
    assertThat(variants.chosen()).isEqualTo(4);
    Network harshest = variants.model().apply(5);
    Network suspect = variants.model().apply(0);
    assertThat(Suspects.pruned(harshest)).hasSize(5);
    assertThat(Suspects.differOnlyIn(List.of(), false, scene.model(), suspect)).isTrue();
    assertThat(Suspects.pruned(repaired.network())).hasSize(4);
    assertThat(
            Suspects.differOnlyIn(
                Suspects.pruned(repaired.network()), false, scene.model(), repaired.network()))
        .as("only the scales of the pruned channels differ")
        .isTrue();
  }

  @Test
  void figures_showThresholdsAndLayers() {
    Evidence evidence = prune(Selection.FIXED, 0.1, untouched()).evidence();

    Figure.Curves thresholds = (Figure.Curves) evidence.figures().get(0);
    assertThat(thresholds.x()).hasSize(19);
    assertThat(thresholds.series().get("pruned channels")).startsWith(1.0, 1.0, 1.0, 2.0);
    Figure.Bars layers = (Figure.Bars) evidence.figures().get(1);
    assertThat(layers.bars()).containsEntry("bn4", 4.0).containsEntry("bn1", 0.0);
  }

  @Test
  void networkWithoutNormalisations_isRefusedByName() {
    assertThatThrownBy(() -> NormChannels.of(new NoNorm().initialize(new Seed(1)), "anp"))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContaining("'anp'");
  }
}
