package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingListener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CellProgressTest {

  private final StringWriter text = new StringWriter();
  private final AtomicLong clock = new AtomicLong();

  private List<String> train(boolean everyEpoch, long secondsPerEpoch) {
    try (CellProgress progress =
        new CellProgress(new PrintWriter(text), false, everyEpoch, clock::get)) {
      progress.onCell(3, 12, "badnets → strip, seed 0");
      TrainingListener training = progress.trainings();
      training.onStart("victim", 0, 4, 100);
      for (int epoch = 0; epoch < 4; epoch++) {
        training.onStep(epoch, 1);
        clock.addAndGet(secondsPerEpoch * 1_000_000_000L);
        training.onEpoch(new EpochReport(epoch, 0.1, Map.of("loss", 0.5), secondsPerEpoch));
      }
    }
    return text.toString().lines().toList();
  }

  @Test
  void quickEpochs_areSilent() {
    assertThat(train(false, 2)).containsExactly("[ 3/12] badnets → strip, seed 0");
  }

  @Test
  void slowEpochs_areTold_withWhatIsLeft() {
    assertThat(train(false, 70))
        .hasSize(5)
        .element(2)
        .isEqualTo(
            "        victim: epoch 2 of 4, loss 0.500, 1 min 10 s per epoch, 2 min 20 s left");
  }

  @Test
  void epochsOfSixSeconds_areToldEverySecondTime() {
    assertThat(train(false, 6)).hasSize(3);
  }

  @Test
  void verbose_tellsAll_andWhenTheFirstBatchWasDone() {
    assertThat(train(true, 1))
        .hasSize(6)
        .element(1)
        .asString()
        .matches(" {8}first batch after \\d+\\.\\d\\d s");
  }

  @Test
  void results_areOneLine() {
    try (CellProgress progress = new CellProgress(new PrintWriter(text), false, false)) {
      progress.onRecord(SampleRun.defense("neural-cleanse", false, 0), false);
      progress.onRecord(SampleRun.defense("acme.spectral-gate", false, 0), true);
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "        C-Acc 87.6 %, ASR 1.7 %, called backdoored, 49 s",
            "        not applicable: preact-resnet18 has no layer 'gate'; choose one of conv1,"
                + " layer1, layer2, found on disk");
  }

  /**
   * At 100 s two of five pieces began before, one of which is half done on average: 100 / 1.5 ×
   * 3.5.
   */
  @Test
  void piecesSideBySide_sayWhenTheyBegin_andWhatIsLeft() {
    CellProgress progress = new CellProgress(new PrintWriter(text), false, false, clock::get);
    progress.beside("badnets, seed 0", 1, 5, 2);
    progress.beside("badnets, seed 1", 2, 5, 2);
    clock.addAndGet(100_000_000_000L);
    RunListener third = progress.beside("sig, seed 0", 3, 5, 2);
    third.onCell(1, 2, "sig, seed 0");
    third.onRecord(SampleRun.defense("neural-cleanse", false, 0), false);

    assertThat(text.toString().lines())
        .containsExactly(
            "[1/5] badnets, seed 0 begins",
            "[2/5] badnets, seed 1 begins",
            "[3/5] sig, seed 0 begins, about 3 min 53 s left",
            "        sig, seed 0: C-Acc 87.6 %, ASR 1.7 %, called backdoored, 49 s");
  }

  /** Bits depend on the number of threads; a table of both kinds should not come about unseen. */
  @Test
  void resultsOfAnotherNumberOfThreads_areMarked() {
    ResultRecord result = SampleRun.defense("neural-cleanse", false, 0);
    int made = result.provenance().threads();
    int before = Engine.threads();
    try {
      Engine.threads(made);
      assertThat(CellProgress.outcome(result, true)).endsWith(", found on disk");
      Engine.threads(made + 1);
      assertThat(CellProgress.outcome(result, true))
          .endsWith(
              ", found on disk (made with %d threads, now %d: do not mix them in a table)"
                  .replaceFirst("%d", Integer.toString(made))
                  .replaceFirst("%d", Integer.toString(made + 1)));
    } finally {
      Engine.threads(before);
    }
  }
}
