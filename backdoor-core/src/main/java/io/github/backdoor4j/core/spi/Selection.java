package io.github.backdoor4j.core.spi;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * By what a defense chooses among several models, thresholds or epochs. Results chosen in different
 * ways must not be compared as if they were alike.
 */
public enum Selection {
  /** By a number given beforehand; nothing is looked at. */
  FIXED,
  /** By accuracy on a part of the clean holdout that is kept back for it. */
  CLEAN_HOLDOUT,
  /**
   * By clean accuracy and attack success on test data, which no defender has: an upper bound, to be
   * asked for by name and marked wherever it is shown.
   */
  ORACLE;

  /** What a defense that chooses like this must be given besides the rest. */
  public Set<DefenderAccess> with(Set<DefenderAccess> needs) {
    if (this != ORACLE) {
      return needs;
    }
    Set<DefenderAccess> more = new LinkedHashSet<>(needs);
    more.add(DefenderAccess.ORACLE);
    return more;
  }
}
