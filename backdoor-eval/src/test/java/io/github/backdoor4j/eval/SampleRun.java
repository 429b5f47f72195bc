package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records such as a run writes: made up, but of the size and spread of real ones. */
final class SampleRun {

  static final List<String> DEFENSES =
      List.of(
          "fine-tuning",
          "fine-pruning",
          "neural-cleanse",
          "activation-clustering",
          "strip",
          "acme.spectral-gate");

  private SampleRun() {}

  /** Two seeds, six defenses of every kind, one of them not applicable, with a clean control. */
  static RunResult full(Path folder) {
    return of(folder, List.of(0L, 1L), DEFENSES);
  }

  static RunResult of(Path folder, List<Long> seeds, List<String> defenses) {
    List<ResultRecord> records = new ArrayList<>();
    for (long seed : seeds) {
      records.add(attack(seed));
      records.add(control(seed));
      for (String defense : defenses) {
        records.add(defense(defense, false, seed));
        records.add(defense(defense, true, seed));
      }
    }
    return new RunResult(plan(seeds, defenses), records, folder);
  }

  static RunPlan plan(List<Long> seeds, List<String> defenses) {
    return new RunPlan(
        "quick",
        MethodChoice.of("fashion-mnist"),
        "",
        new MethodChoice("preact-resnet18", object("width", 8)),
        object("epochs", 12),
        new MethodChoice("badnets", object("ratio", 0.1)),
        defenses.stream().map(MethodChoice::of).toList(),
        seeds,
        0.05,
        HoldoutRule.SEEDED,
        500,
        1000,
        true,
        "cpu");
  }

  static ObjectNode object(Object... namesAndValues) {
    ObjectNode node = Json.mapper().createObjectNode();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      node.set(namesAndValues[i].toString(), Json.tree(namesAndValues[i + 1]));
    }
    return node;
  }

  static CellSpec spec(String defense, boolean control, long seed) {
    return new CellSpec(
        "fashion-mnist",
        object(),
        "a9c1f3b2e7d04586a9c1f3b2e7d04586a9c1f3b2e7d04586a9c1f3b2e7d04586",
        "17be60cc82f94d3017be60cc82f94d3017be60cc82f94d3017be60cc82f94d30",
        "preact-resnet18",
        object("width", 8),
        Json.tree(TrainingPlan.benchmark(12, Augmentation.NONE)),
        "badnets",
        object(
            "ratio",
            0.1,
            "labels",
            "all-to-one",
            "target",
            0,
            "patch_size",
            3,
            "fidelity",
            "paper"),
        defense,
        options(defense),
        control,
        seed,
        object(
            "holdout_ratio",
            0.05,
            "holdout_rule",
            "seeded",
            "runtime_inputs",
            500,
            "device",
            "cpu"),
        "0.1.0-SNAPSHOT (4f2a9e1)",
        "libtorch 2.10.0");
  }

  private static JsonNode options(String defense) {
    return switch (defense) {
      case "" -> object();
      case "fine-tuning" -> object("epochs", 10, "learning_rate", 0.01, "fidelity", "paper");
      case "fine-pruning" ->
          object("max_accuracy_drop", 0.04, "layer", "layer4", "epochs", 5, "fidelity", "paper");
      case "neural-cleanse" ->
          object("steps", 300, "cost", 0.001, "anomaly_threshold", 2, "fidelity", "paper");
      case "activation-clustering" ->
          object("components", 10, "size_threshold", 0.35, "fidelity", "paper");
      case "strip" -> object("overlays", 64, "frr", 0.01, "fidelity", "paper");
      default -> object("gate", "<script>window.hacked = 1</script>", "fidelity", "paper");
    };
  }

  private static ResultRecord attack(long seed) {
    return record(
        Kind.ATTACK,
        spec("", false, seed),
        List.of(),
        model(0.8815 - 0.004 * seed, 0.9961 + 0.0011 * seed, 0.0033 - 0.001 * seed),
        new Evidence(Map.of(), SampleFigures.images(), List.of()),
        history(0.8815 - 0.004 * seed, 0.9961 + 0.0011 * seed),
        41.3 + seed);
  }

  private static ResultRecord control(long seed) {
    return record(
        Kind.CONTROL,
        spec("", true, seed),
        List.of(),
        model(0.889 - 0.003 * seed, 0.0122, 0.872),
        Evidence.NONE,
        history(0.889 - 0.003 * seed, 0.0122),
        40.9 + seed);
  }

  /** One cell of a defense: the numbers that such a defense typically reaches. */
  static ResultRecord defense(String id, boolean control, long seed) {
    Kind kind = control ? Kind.CONTROL_DEFENSE : Kind.DEFENSE;
    CellSpec spec = spec(id, control, seed);
    List<Measurement> before = control ? control(seed).after() : attack(seed).after();
    double wobble = 0.002 * seed;
    List<Measurement> after =
        switch (id) {
          case "fine-tuning" ->
              control
                  ? repaired(.8835, .0117, .869)
                  : repaired(.879 + wobble, .3128 + seed * .2, .59);
          case "fine-pruning" ->
              control ? repaired(.862, .0139, .843) : repaired(.8645 - wobble, .0411, .83);
          case "neural-cleanse" ->
              join(
                  control ? repaired(.889, .0122, .872) : repaired(.8755 - wobble, .0172, .861),
                  verdict(!control, control ? 1.21 : 3.87 + seed));
          case "activation-clustering" ->
              join(
                  control ? repaired(.884, .0128, .87) : repaired(.8795, .0139 + wobble, .868),
                  control ? detection(Double.NaN, .021) : detection(.987, .0034));
          case "strip" -> control ? detection(.0104, .0120) : detection(.8740 - wobble, .0120);
          default -> List.of();
        };
    if (after.isEmpty()) {
      return missing(kind, spec, before);
    }
    return record(
        kind,
        spec,
        before,
        after,
        SampleFigures.evidence(id, control, seed),
        none(),
        7.31 + 3 * id.length());
  }

  private static ResultRecord missing(Kind kind, CellSpec spec, List<Measurement> before) {
    boolean failed = spec.control() && spec.seed() == 1;
    ResultRecord ok = record(kind, spec, before, List.of(), Evidence.NONE, none(), 0.02);
    return new ResultRecord(
        ok.schema(),
        ok.key(),
        kind,
        spec,
        failed ? Status.FAILED : Status.NOT_APPLICABLE,
        failed
            ? "the loss became NaN in step 31"
            : "preact-resnet18 has no layer 'gate'; choose one of conv1, layer1, layer2",
        before,
        List.of(),
        Evidence.NONE,
        none(),
        0.02,
        ok.peakMemoryMb(),
        ok.provenance());
  }

  static ResultRecord record(
      Kind kind,
      CellSpec spec,
      List<Measurement> before,
      List<Measurement> after,
      Evidence evidence,
      TrainingHistory history,
      double seconds) {
    return new ResultRecord(
        ResultRecord.SCHEMA,
        key(kind, spec),
        kind,
        spec,
        Status.OK,
        "",
        before,
        after,
        evidence,
        history,
        seconds,
        1432.5,
        new Provenance(
            "0.1.0-SNAPSHOT",
            "4f2a9e1",
            "libtorch 2.10.0",
            "AVX2",
            "cpu",
            2,
            "Eclipse Adoptium 17.0.15",
            "Linux 6.1 amd64"));
  }

  static String key(Kind kind, CellSpec spec) {
    return String.format("%016x", (kind + Json.write(spec)).hashCode() * 0x9E3779B97F4A7C15L);
  }

  static TrainingHistory none() {
    return new TrainingHistory(List.of());
  }

  private static List<Measurement> model(double accuracy, double success, double robust) {
    return List.of(
        new Measurement("c_acc", accuracy, 2000),
        new Measurement("asr", success, 1800),
        new Measurement("r_acc", robust, 1800));
  }

  private static List<Measurement> repaired(double accuracy, double success, double robust) {
    return join(
        model(accuracy, success, robust),
        List.of(
            new Measurement("der", (0.9961 - success - 0.8815 + accuracy + 1) / 2, 1800),
            new Measurement("rir", (robust - 0.0033 - 0.8815 + accuracy + 1) / 2, 1800)));
  }

  private static List<Measurement> detection(double tpr, double fpr) {
    double precision = 1000 * tpr / (1000 * tpr + 9000 * fpr);
    return List.of(
        new Measurement("tpr", tpr, 1000),
        new Measurement("fpr", fpr, 9000),
        new Measurement("precision", precision, 1018),
        new Measurement("recall", tpr, 1000),
        new Measurement("f1", 2 * precision * tpr / (precision + tpr), 2018),
        new Measurement("auroc", tpr - tpr * tpr * .01 + 0.008, 9_000_000));
  }

  private static List<Measurement> verdict(boolean backdoored, double score) {
    return List.of(
        new Measurement("verdict", backdoored ? 1 : 0, 1),
        new Measurement("verdict_score", score, 1),
        new Measurement("verdict_right", 1, 1));
  }

  private static List<Measurement> join(List<Measurement> one, List<Measurement> two) {
    List<Measurement> both = new ArrayList<>(one);
    both.addAll(two);
    return both;
  }

  private static TrainingHistory history(double accuracy, double success) {
    List<EpochReport> epochs = new ArrayList<>();
    for (int epoch = 0; epoch < 12; epoch++) {
      double learned = 1 - Math.exp(-(epoch + 1) / 2.5);
      Map<String, Double> means = new LinkedHashMap<>();
      means.put("loss", 2.3 - 2.05 * learned);
      means.put("accuracy", 0.1 + (accuracy - 0.05) * learned);
      means.put("c_acc", accuracy * learned - 0.01 * (epoch % 3));
      means.put("asr", success * (1 - Math.exp(-(epoch + 1) / 1.2)));
      epochs.add(new EpochReport(epoch, 0.01, means, 3.4));
    }
    return new TrainingHistory(epochs);
  }
}
