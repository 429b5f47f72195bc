package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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

  AttackSelfTest(
      ObjectNode file, Registries registries, Path out, RunListener listener, List<Long> seeds) {
    this.file = file;
    this.registries = registries;
    this.out = out;
    this.listener = listener;
    this.seeds = List.copyOf(seeds);
  }

  /** The attacks with a band, in the order of the file. */
  List<AttackExpectation> expectations() {
    return AttackExpectation.all(file);
  }

  /** Runs one attack over all seeds; an attack that breaks gives a row that says so. */
  AttackTestRow run(AttackExpectation expected) {
    List<ResultRecord> records;
    try {
      records =
          new BenchmarkRunner(registries, out, listener, false)
              .run(plan(expected, PlanTrees.empty()))
              .records();
    } catch (NotApplicableException | EngineException | UsageException e) {
      return AttackTestRow.without(expected, String.valueOf(e.getMessage()));
    }
    return new AttackTestRow(expected, of(records, Kind.ATTACK), of(records, Kind.CONTROL), "");
  }

  private static List<ResultRecord> of(List<ResultRecord> records, Kind kind) {
    return records.stream().filter(record -> record.kind() == kind).toList();
  }

  /**
   * What is run for one attack.
   *
   * @param more settings over those of the file, such as defenses
   */
  RunPlan plan(AttackExpectation expected, ObjectNode more) {
    ObjectNode tree = ((ObjectNode) file.path("plan")).deepCopy();
    tree.set("training", PlanTrees.merge(tree.path("training"), expected.training()));
    tree.setAll(more);
    ObjectNode flags = PlanTrees.empty();
    ArrayNode list = flags.putArray("seeds");
    seeds.forEach(list::add);
    ObjectNode attack = flags.putObject("attack");
    attack.put("id", expected.attack());
    attack.set("options", expected.options());
    return new PlanReader(registries).read(tree.path("preset").asText(), tree, flags, Map.of());
  }
}
