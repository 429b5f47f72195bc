package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A defense that chooses among models: what it may look at, and how that is shown. */
@ExtendWith(OneThread.class)
class ChosenModelTest {

  @TempDir Path folder;
  private Registries registries;

  @BeforeEach
  void loadToys() throws IOException {
    registries = Toys.registries(folder.resolve("services"));
  }

  private RunResult run(RunListener listener, Selection... selections) {
    RunPlan plan = Toys.plan(List.of(0L), false);
    List<MethodChoice> defenses = new ArrayList<>();
    for (Selection selection : selections) {
      defenses.add(
          new MethodChoice(
              "toy-chooser", Json.mapper().createObjectNode().put("selection", name(selection))));
    }
    RunPlan chosen =
        new RunPlan(
            plan.preset(),
            plan.dataset(),
            plan.data(),
            plan.model(),
            plan.training(),
            plan.attack(),
            defenses,
            plan.seeds(),
            plan.holdoutRatio(),
            plan.holdoutRule(),
            plan.runtimeInputs(),
            plan.watchImages(),
            false,
            plan.device());
    return new BenchmarkRunner(registries, folder.resolve("out"), listener, false).run(chosen);
  }

  private static String name(Selection selection) {
    return selection.name().toLowerCase(java.util.Locale.ROOT);
  }

  @Test
  void oracle_choosesByTestData_andIsMarkedEverywhere() {
    RunResult result = run(new RunListener() {}, Selection.FIXED, Selection.ORACLE);

    ResultRecord fixed = result.records().get(1);
    ResultRecord oracle = result.records().get(2);
    assertThat(fixed.value("c_acc")).isLessThan(0.5); // always class 1
    assertThat(oracle.value("asr")).isZero();
    assertThat(oracle.value("c_acc")).isBetween(0.6, 0.8); // all but class 0 of four
    assertThat(fixed.spec().oracle()).isFalse();
    assertThat(fixed.spec().access()).containsExactly("suspect-model", "clean-holdout");
    assertThat(oracle.spec().oracle()).isTrue();
    assertThat(oracle.spec().access()).endsWith("oracle");
    assertThat(String.join("\n", ResultTable.lines(result.records())))
        .contains("toy-chooser ", "toy-chooser (oracle)");
    assertThat(ReportCells.of(result).defenses())
        .extracting(ReportCells.Defense::oracle)
        .containsExactly(false, true);
    assertThat(ResultsCsv.text(result.records()).lines().toList().get(2))
        .contains("suspect-model clean-holdout,false");
  }

  @Test
  void withoutAskingForIt_theOracleIsOutOfReach() {
    try (TensorScope scope = TensorScope.open()) {
      DefenseContext context =
          TinyContexts.defense(new ToyChooser(), TinyScene.backdoored(), new Seed(0));

      assertThatThrownBy(
              () ->
                  new ToyChooser().defend(context, new ToyChooser.ChooserOptions(Selection.ORACLE)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("ORACLE");
    }
  }

  @Test
  void evidence_hasTheCurve_theConfusions_andTheWork() {
    Evidence evidence = run(new RunListener() {}, Selection.FIXED).records().get(1).evidence();

    Figure.Curves curve = (Figure.Curves) evidence.figures().get(0);
    assertThat(curve.x()).containsExactly(0.0, 0.5, 1.0);
    assertThat(curve.series().get("ASR").get(0)).isGreaterThan(0.9);
    assertThat(curve.series().get("ASR").subList(1, 3)).containsExactly(0.0, 0.0);
    assertThat(curve.series().get("chosen").get(2)).isEqualTo(curve.series().get("C-Acc").get(2));
    List<Figure.Matrix> matrices =
        evidence.figures().stream()
            .filter(Figure.Matrix.class::isInstance)
            .map(Figure.Matrix.class::cast)
            .toList();
    assertThat(matrices)
        .extracting(Figure::title)
        .containsExactly(
            "Clean images before",
            "Clean images after",
            "Triggered images before",
            "Triggered images after");
    // everything is called class 1 afterwards
    assertThat(matrices.get(1).values()).allMatch(row -> row.get(1) == 1);
    // triggered images of class 0 do not exist
    assertThat(matrices.get(2).values().get(0)).containsOnly(0.0);
    assertThat(matrices.get(2).values().get(2).get(0)).isGreaterThan(0.8);
    // one pass over a tenth of the training images
    assertThat(evidence.numbers()).containsEntry("forward_passes", 0.1);
  }

  @Test
  void estimate_comesBeforeTheWork_andCountsOnlyWhatIsLeft() {
    List<CostEstimate> told = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public boolean wantsEstimate() {
            return true;
          }

          @Override
          public void onEstimate(CostEstimate estimate) {
            told.add(estimate);
          }
        };
    run(listener, Selection.FIXED);
    run(listener, Selection.FIXED, Selection.ORACLE);

    CostEstimate first = told.get(0);
    assertThat(first.lines())
        .extracting(CostEstimate.Line::title)
        .containsExactly("training the model", "toy-chooser");
    // 4 epochs of three passes, and 2 x 200 test images over 600 training images
    assertThat(first.lines().get(0).passes()).isCloseTo(12 + 400.0 / 600, within(1e-9));
    assertThat(first.lines().get(1).passes()).isCloseTo(0.1 + 400.0 / 600, within(1e-9));
    assertThat(first.seconds()).isPositive();
    assertThat(told.get(1).lines()).singleElement().matches(line -> line.cells() == 1);
  }

  @Test
  void curve_ofManyModels_showsSomeOfThem_endsAndChoiceIncluded() {
    assertThat(VariantCurve.shown(101, 37))
        .containsExactly(0, 10, 20, 30, 37, 40, 50, 60, 70, 80, 90, 100);
    assertThat(VariantCurve.shown(1, 0)).containsExactly(0);
    assertThat(VariantCurve.shown(3, 1)).containsExactly(0, 1, 2);
  }

  @Test
  void confusion_countsByTrueClass_andLeavesOutWhatIsNoClass() {
    assertThat(Confusion.shares(3, new long[] {0, 0, 1, 1}, new long[] {0, 2, -1, 1}))
        .containsExactly(List.of(0.5, 0.0, 0.5), List.of(0.0, 0.5, 0.0), List.of(0.0, 0.0, 0.0));
  }
}
