package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Runs defenses as the self-test's file says, on models that the self-test of attacks trains. The
 * clean model is tried once, beside the first attack.
 */
final class DefenseSelfTest {

  /**
   * What a repair must reach.
   *
   * @param attack on which
   * @param largestAsr largest mean attack success rate afterwards
   * @param largestLoss largest mean loss of clean accuracy, as a share
   * @param least number of defenses that must reach both
   */
  record Band(String attack, double largestAsr, double largestLoss, int least) {}

  private final ObjectNode file;
  private final AttackSelfTest models;
  private final List<AttackExpectation> attacks;
  private final Registries registries;
  private final Path out;
  private final RunListener listener;
  private final List<Long> seeds;
  private final SideBySide jobs;

  /**
   * @param file the self-test's of defenses
   * @param attacksFile the self-test's of attacks
   */
  DefenseSelfTest(
      ObjectNode file,
      ObjectNode attacksFile,
      Registries registries,
      Path out,
      RunListener listener,
      List<Long> seeds,
      SideBySide jobs) {
    this.file = file;
    this.models = new AttackSelfTest(attacksFile, registries, out, listener, seeds, jobs);
    this.seeds = List.copyOf(seeds);
    this.jobs = jobs;
    this.attacks = models.expectations();
    this.registries = registries;
    this.out = out;
    this.listener = listener;
  }

  /** Ids of the attacks, in the order of the file. */
  List<String> attacks() {
    List<String> ids = new ArrayList<>();
    file.path("attacks").forEach(node -> ids.add(node.asText()));
    return ids;
  }

  /** Ids of the defenses, in the order of the file. */
  List<String> defenses() {
    List<String> ids = new ArrayList<>();
    file.path("defenses").fieldNames().forEachRemaining(ids::add);
    return ids;
  }

  Band band() {
    return new Band(
        file.path("band").path("attack").asText(),
        file.path("band").path("largest_asr").asDouble(),
        file.path("band").path("largest_loss").asDouble(),
        file.path("band").path("least").asInt());
  }

  /**
   * Runs defenses on the models of attacks.
   *
   * @param control whether on the clean models as well, which are the same beside every attack
   */
  List<ResultRecord> run(List<String> chosen, List<String> defenses, boolean control) {
    try (OutputLock lock = OutputLock.of(out)) {
      List<Supplier<List<ResultRecord>>> work = new ArrayList<>();
      int total = chosen.size() * seeds.size();
      for (String attack : chosen) {
        boolean clean = control && attack.equals(chosen.get(0));
        for (long seed : seeds) {
          int position = work.size() + 1;
          work.add(
              () ->
                  new BenchmarkRunner(
                          registries,
                          out,
                          jobs.watching(listener, attack + ", seed " + seed, position, total),
                          false)
                      .runWithin(lock, plan(attack, seed, defenses, clean))
                      .records());
        }
      }
      return jobs.run(work).stream().flatMap(List::stream).toList();
    }
  }

  /** What is run for one seed of an attack. */
  RunPlan plan(String attack, long seed, List<String> defenses, boolean control) {
    ObjectNode more = PlanTrees.merge(PlanTrees.empty(), file.path("plan"));
    more.put("control", control);
    ArrayNode list = more.putArray("defenses");
    for (String defense : defenses) {
      ObjectNode choice = list.addObject();
      choice.put("id", defense);
      choice.set("options", file.path("defenses").path(defense).deepCopy());
    }
    AttackExpectation expected =
        attacks.stream().filter(e -> e.attack().equals(attack)).findFirst().orElseThrow();
    return models.plan(expected, seed, more);
  }
}
