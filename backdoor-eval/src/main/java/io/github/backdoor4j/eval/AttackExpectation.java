package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * In which configuration the self-test runs an attack, and what it must reach.
 *
 * @param attack id
 * @param options of the attack that differ from its defaults
 * @param training changes to the self-test's training recipe; only attacks that control the
 *     training have any
 * @param leastAsr least mean attack success rate; NaN where it is only measured
 * @param largestLoss largest mean loss of clean accuracy against the clean model, as a share
 * @param largestCleanAsr largest mean attack success rate of a clean model
 */
record AttackExpectation(
    String attack,
    ObjectNode options,
    ObjectNode training,
    double leastAsr,
    double largestLoss,
    double largestCleanAsr) {

  /** All expectations, in the order of the file. */
  static List<AttackExpectation> all(ObjectNode selfTest) {
    double cleanAsr = selfTest.path("largest_clean_asr").asDouble();
    List<AttackExpectation> all = new ArrayList<>();
    selfTest
        .path("attacks")
        .properties()
        .forEach(
            entry -> {
              JsonNode node = entry.getValue();
              all.add(
                  new AttackExpectation(
                      entry.getKey(),
                      group(node, "options"),
                      group(node, "training"),
                      node.path("least_asr").asDouble(Double.NaN),
                      node.path("largest_loss").asDouble(),
                      cleanAsr));
            });
    return all;
  }

  private static ObjectNode group(JsonNode node, String name) {
    return node.path(name) instanceof ObjectNode given ? given.deepCopy() : PlanTrees.empty();
  }
}
