package io.github.backdoor4j.core.data;

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
}
