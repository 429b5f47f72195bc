package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Carries out attacks as the self-test's file says, each beside the clean model of the same seed
 * and training recipe.
 */
final class AttackSelfTest {

  private final ObjectNode file;
  private final Registries registries;
  private final Path out;
  private final RunListener listener;
  private final List<Long> seeds;
  private final SideBySide jobs;

  AttackSelfTest(
      ObjectNode file,
      Registries registries,
      Path out,
      RunListener listener,
      List<Long> seeds,
      SideBySide jobs) {
    this.file = file;
    this.registries = registries;
    this.out = out;
    this.listener = listener;
    this.seeds = List.copyOf(seeds);
    this.jobs = jobs;
  }

  /** The attacks with a band, in the order of the file. */
  List<AttackExpectation> expectations() {
    return AttackExpectation.all(file);
  }

  /**
   * What one seed of an attack gave.
   *
   * @param problem why there are no records; empty if there are
   */
  private record Part(AttackExpectation expected, List<ResultRecord> records, String problem) {}

  /** Runs attacks over all seeds; one that breaks gives a row that says so. */
  List<AttackTestRow> run(List<AttackExpectation> attacks) {
    try (OutputLock lock = OutputLock.of(out)) {
      List<Supplier<Part>> work = new ArrayList<>();
      int total = attacks.size() * seeds.size();
      for (AttackExpectation expected : attacks) {
        for (long seed : seeds) {
          int position = work.size() + 1;
          work.add(() -> part(lock, expected, seed, position, total));
        }
      }
      List<Part> parts = jobs.run(work);
      return attacks.stream().map(expected -> row(expected, parts)).toList();
    }
  }

  private Part part(
      OutputLock lock, AttackExpectation expected, long seed, int position, int total) {
    RunListener watching =
        jobs.watching(listener, expected.attack() + ", seed " + seed, position, total);
    try {
      RunPlan plan = plan(expected, seed, PlanTrees.empty());
      return new Part(
          expected,
          new BenchmarkRunner(registries, out, watching, false).runWithin(lock, plan).records(),
          "");
    } catch (NotApplicableException | EngineException | UsageException e) {
      return new Part(expected, List.of(), String.valueOf(e.getMessage()));
    }
  }

  private static AttackTestRow row(AttackExpectation expected, List<Part> parts) {
    List<Part> own = parts.stream().filter(part -> part.expected().equals(expected)).toList();
    return own.stream()
        .map(Part::problem)
        .filter(problem -> !problem.isEmpty())
        .findFirst()
        .map(problem -> AttackTestRow.without(expected, problem))
        .orElseGet(
            () -> new AttackTestRow(expected, of(own, Kind.ATTACK), of(own, Kind.CONTROL), ""));
  }

  private static List<ResultRecord> of(List<Part> parts, Kind kind) {
    return parts.stream()
        .flatMap(part -> part.records().stream())
        .filter(record -> record.kind() == kind)
        .toList();
  }

  /**
   * What is run for one seed of an attack.
   *
   * @param more settings over those of the file, such as defenses
   */
  RunPlan plan(AttackExpectation expected, long seed, ObjectNode more) {
    ObjectNode tree = ((ObjectNode) file.path("plan")).deepCopy();
    tree.set("training", PlanTrees.merge(tree.path("training"), expected.training()));
    tree.setAll(more);
    ObjectNode flags = PlanTrees.empty();
    flags.putArray("seeds").add(seed);
    ObjectNode attack = flags.putObject("attack");
    attack.put("id", expected.attack());
    attack.set("options", expected.options());
    return new PlanReader(registries).read(tree.path("preset").asText(), tree, flags, Map.of());
  }
}
