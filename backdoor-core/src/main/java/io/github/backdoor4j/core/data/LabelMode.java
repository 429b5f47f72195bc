package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import java.util.List;

/** Which labels an attack with changed labels aims at; an option of dirty-label attacks. */
public enum LabelMode {
  /** Every triggered image becomes the target class. */
  ALL_TO_ONE,
  /** Class y becomes (y + 1) mod classes. */
  ALL_TO_ALL;

  /** The rule for a target class, which {@link #ALL_TO_ALL} ignores. */
  public LabelRule rule(int target) {
    return this == ALL_TO_ONE ? new LabelRule.AllToOne(target) : new LabelRule.AllToAll(1);
  }

  /**
   * The rule where only images of some classes are attacked.
   *
   * @param target class that triggered images shall be given; {@link #ALL_TO_ALL} ignores it
   * @param sources classes whose images are attacked, all-to-one only; empty for all classes
   * @throws io.github.backdoor4j.core.UsageException if sources are given for all-to-all
   */
  public LabelRule rule(int target, List<Integer> sources) {
    require(
        sources.isEmpty() || this == ALL_TO_ONE,
        "sources %s go with labels = all-to-one only; all-to-all attacks every class",
        sources);
    return sources.isEmpty() ? rule(target) : new LabelRule.SourceSpecific(sources, target);
  }
}
