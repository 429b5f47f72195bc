package io.github.backdoor4j.defenses;

/**
 * Decides after each epoch of a trigger inversion whether the trigger is the best so far, how much
 * a large mask shall cost next, and when to stop. One per class.
 */
final class CostControl {

  /**
   * @param successRate share of images that must be classified as wanted, in [0, 1]
   * @param initialCost weight of the mask's L1 norm in the loss
   * @param multiplier factor by which the cost is raised; it is lowered by its power 1.5
   * @param patience epochs in a row above or below the success rate before the cost changes
   * @param stopPatience epochs in a row without a smaller mask before inversion ends
   * @param stopShare a best norm of at least this share of the one before is not smaller
   */
  record Rules(
      double successRate,
      double initialCost,
      double multiplier,
      int patience,
      int stopPatience,
      double stopShare) {}

  private final Rules rules;
  private double cost;
  private double best = Double.POSITIVE_INFINITY;
  private double bestBefore = Double.POSITIVE_INFINITY;
  private int above;
  private int below;
  private int stagnant;
  private boolean raised;
  private boolean lowered;
  private boolean stored;
  private boolean finished;

  CostControl(Rules rules) {
    this.rules = rules;
    this.cost = rules.initialCost();
  }

  /** Weight of the mask's L1 norm in the next epoch. */
  double cost() {
    return cost;
  }

  /** Whether the inversion of this class has ended early. */
  boolean finished() {
    return finished;
  }

  /** Smallest mean norm of an epoch that reached the success rate; infinite if none did. */
  double best() {
    return best;
  }

  /**
   * Takes in one epoch.
   *
   * @param success mean share of images classified as wanted
   * @param norm mean L1 norm of the mask
   * @return whether the trigger as it is now is to be stored
   */
  boolean epoch(double success, double norm) {
    boolean reached = success >= rules.successRate();
    boolean store = reached && norm < best;
    if (store) {
      best = norm;
    }
    if (stagnates()) {
      finished = true;
    } else {
      adjust(reached);
      store |= !stored; // a class that never succeeds keeps the trigger of its first epoch
    }
    stored |= store;
    return store;
  }

  private boolean stagnates() {
    if (Double.isInfinite(best)) {
      return false;
    }
    stagnant = best >= rules.stopShare() * bestBefore ? stagnant + 1 : 0;
    bestBefore = Math.min(bestBefore, best);
    return raised && lowered && stagnant >= rules.stopPatience();
  }

  private void adjust(boolean reached) {
    above = reached ? above + 1 : 0;
    below = reached ? 0 : below + 1;
    if (above >= rules.patience()) {
      above = 0;
      cost *= rules.multiplier();
      raised = true;
    } else if (below >= rules.patience()) {
      below = 0;
      cost /= Math.pow(rules.multiplier(), 1.5);
      lowered = true;
    }
  }
}
