package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.Selection;
import java.util.LinkedHashSet;
import java.util.Set;

/** What choosing by a clean holdout asks for, in defenses that do without one otherwise. */
final class HoldoutChoice {

  private HoldoutChoice() {}

  /** The needs of a defense with those of its selection. */
  static Set<DefenderAccess> needs(Selection selection, Set<DefenderAccess> needs) {
    Set<DefenderAccess> all = new LinkedHashSet<>(selection.with(needs));
    if (selection == Selection.CLEAN_HOLDOUT) {
      all.add(DefenderAccess.CLEAN_HOLDOUT);
    }
    return all;
  }
}
