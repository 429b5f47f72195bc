package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireRange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.spi.Registries;
import java.util.List;
import java.util.Map;

/**
 * One data set, one network, one attack, any number of defenses, over seeds. A value: the same plan
 * gives the same numbers.
 *
 * @param preset where settings come from that the plan leaves open: {@code quick} or {@code
 *     benchmark}
 * @param dataset the data set and its options
 * @param data folder of its files; empty for embedded data
 * @param model architecture and its options
 * @param training changes to the training recipe, by the names of {@link
 *     io.github.backdoor4j.core.train.TrainingPlan}
 * @param attack the attack and its options
 * @param defenses the defenses and their options; may be empty
 * @param seeds one run each
 * @param holdoutRatio share of the clean training set that a defender gets, in [0, 1]
 * @param holdoutRule how those images are drawn
 * @param runtimeInputs number of clean and of triggered images a run-time detector is shown
 * @param watchImages test images measured after each epoch for the training curves; 0 for none
 * @param control whether a model trained on clean data passes through the same defenses
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:n}
 */
public record RunPlan(
    String preset,
    MethodChoice dataset,
    String data,
    MethodChoice model,
    ObjectNode training,
    MethodChoice attack,
    List<MethodChoice> defenses,
    List<Long> seeds,
    double holdoutRatio,
    HoldoutRule holdoutRule,
    int runtimeInputs,
    int watchImages,
    boolean control,
    String device) {

  public RunPlan {
    defenses = List.copyOf(defenses);
    seeds = List.copyOf(seeds);
    require(!seeds.isEmpty(), "seeds must name at least one seed");
    require(
        seeds.stream().distinct().count() == seeds.size(), "seeds must differ, but are %s", seeds);
    requireRange("holdout_ratio", holdoutRatio, 0, 1);
    requireAtLeast("runtime_inputs", runtimeInputs, 1);
    requireAtLeast("watch_images", watchImages, 0);
  }

  /**
   * Reads a plan in the form of a plan file: YAML, of which JSON is a part. What it leaves open
   * comes from its {@code preset}, by default {@code quick}.
   *
   * @param registries where the ids are looked up
   * @throws io.github.backdoor4j.core.DataException if the text is no YAML
   * @throws io.github.backdoor4j.core.UsageException if a name is unknown or a value not allowed
   */
  public static RunPlan parse(String yaml, Registries registries) {
    ObjectNode tree = PlanFiles.parse(yaml, "the plan");
    String preset = tree.path("preset").asText(Presets.forDevice(false));
    return new PlanReader(registries).read(preset, tree, PlanTrees.empty(), Map.of());
  }

  /** The same plan for other seeds. */
  RunPlan withSeeds(List<Long> others) {
    return new RunPlan(
        preset,
        dataset,
        data,
        model,
        training,
        attack,
        defenses,
        others,
        holdoutRatio,
        holdoutRule,
        runtimeInputs,
        watchImages,
        control,
        device);
  }
}
