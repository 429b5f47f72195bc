package io.github.backdoor4j.examples;

import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.BenchmarkRunner;
import io.github.backdoor4j.eval.ResultRecord;
import io.github.backdoor4j.eval.RunListener;
import io.github.backdoor4j.eval.RunPlan;
import io.github.backdoor4j.eval.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Backdoors a narrow PreAct-ResNet-18, repairs it by Fine-Pruning, and has STRIP look for triggers
 * in its inputs. A model trained on clean data goes the same way, as a control. Prints clean
 * accuracy (c_acc) and attack success (asr) before and after.
 */
public final class QuickStart {

  private QuickStart() {}

  /**
   * Takes an output folder and, if another plan shall be run, its file. A second start finds the
   * results on disk.
   */
  public static void main(String[] args) throws IOException {
    Path out = Path.of(args.length > 0 ? args[0] : "backdoor4j-out/quick-start");
    // plan:begin
    String yaml =
        """
        dataset: fashion-mnist     # embedded, 10,000 images
        attack: {id: badnets, options: {ratio: 0.1}}
        defenses: [fine-pruning, strip]
        """;
    // plan:end
    if (args.length > 1) {
      yaml = Files.readString(Path.of(args[1]));
    }
    // run:begin
    Registries registries = Registries.load();
    RunPlan plan = RunPlan.parse(yaml, registries);
    RunResult result = new BenchmarkRunner(registries, out, new RunListener() {}, false).run(plan);
    for (ResultRecord cell : result.records()) {
      System.out.println(cell.kind() + " " + cell.spec().defense());
      for (Measurement m : cell.after()) {
        System.out.printf("  %-10s %.3f of %d%n", m.name(), m.value(), m.denominator());
      }
    }
    // run:end
  }
}
