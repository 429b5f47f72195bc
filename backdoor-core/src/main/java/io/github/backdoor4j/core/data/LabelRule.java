package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;

import java.util.List;

/** What an attack does to labels: in training, and as its aim at test time. */
public sealed interface LabelRule {

  /** Label that a poisoned training image is given. */
  long trainingLabel(long original, int classes);

  /** Label that the attacker wants a triggered image to get. */
  long attackLabel(long original, int classes);

  /** Whether training images of this class may be poisoned. */
  boolean mayPoison(long original);

  /** Whether test images of this class count for the attack success rate. */
  boolean countsForAttack(long original);

  /**
   * Checks that the rule makes sense for a number of classes.
   *
   * @throws io.github.backdoor4j.core.UsageException if the target is no class
   */
  void check(int classes);

  /**
   * All-to-one: any image, the target class included, is relabelled to the target. Images of the
   * target class do not count at test time.
   *
   * @param target the class that triggered images shall be given
   */
  record AllToOne(int target) implements LabelRule {

    public AllToOne {
      requireAtLeast("target", target, 0);
    }

    @Override
    public long trainingLabel(long original, int classes) {
      return target;
    }

    @Override
    public long attackLabel(long original, int classes) {
      return target;
    }

    @Override
    public boolean mayPoison(long original) {
      return true;
    }

    @Override
    public boolean countsForAttack(long original) {
      return original != target;
    }

    @Override
    public void check(int classes) {
      requireTarget(target, classes);
    }
  }

  /**
   * All-to-all: class y is relabelled to (y + shift) mod classes; every test image counts.
   *
   * @param shift at least 1
   */
  record AllToAll(int shift) implements LabelRule {

    public AllToAll {
      requireAtLeast("shift", shift, 1);
    }

    @Override
    public long trainingLabel(long original, int classes) {
      return (original + shift) % classes;
    }

    @Override
    public long attackLabel(long original, int classes) {
      return (original + shift) % classes;
    }

    @Override
    public boolean mayPoison(long original) {
      return true;
    }

    @Override
    public boolean countsForAttack(long original) {
      return true;
    }

    @Override
    public void check(int classes) {
      require(
          shift % classes != 0, "shift %d is no change of label with %d classes", shift, classes);
    }
  }

  /**
   * Clean label: only images that already belong to the target class are poisoned, and no label
   * changes.
   *
   * @param target the class that triggered images shall be given
   */
  record CleanLabel(int target) implements LabelRule {

    public CleanLabel {
      requireAtLeast("target", target, 0);
    }

    @Override
    public long trainingLabel(long original, int classes) {
      return original;
    }

    @Override
    public long attackLabel(long original, int classes) {
      return target;
    }

    @Override
    public boolean mayPoison(long original) {
      return original == target;
    }

    @Override
    public boolean countsForAttack(long original) {
      return original != target;
    }

    @Override
    public void check(int classes) {
      requireTarget(target, classes);
    }
  }

  /**
   * Source-specific: only images of some classes are poisoned and relabelled to the target, and
   * only triggered test images of these classes count.
   *
   * @param sources classes that the attacker wants to be misclassified; the target is none of them
   * @param target the class that they shall be given
   */
  record SourceSpecific(List<Integer> sources, int target) implements LabelRule {

    public SourceSpecific {
      sources = List.copyOf(sources);
      require(!sources.isEmpty(), "sources are empty; name at least one class");
      for (int source : sources) {
        requireAtLeast("sources", source, 0);
        require(source != target, "source %d is the target itself", source);
      }
      requireAtLeast("target", target, 0);
    }

    @Override
    public long trainingLabel(long original, int classes) {
      return target;
    }

    @Override
    public long attackLabel(long original, int classes) {
      return target;
    }

    @Override
    public boolean mayPoison(long original) {
      return sources.contains((int) original);
    }

    @Override
    public boolean countsForAttack(long original) {
      return sources.contains((int) original);
    }

    @Override
    public void check(int classes) {
      requireTarget(target, classes);
      for (int source : sources) {
        require(
            source < classes,
            "source %d is no class: with %d classes it must be 0 to %d",
            source,
            classes,
            classes - 1);
      }
    }
  }

  private static void requireTarget(int target, int classes) {
    require(
        target < classes,
        "target %d is no class: with %d classes it must be 0 to %d",
        target,
        classes,
        classes - 1);
  }
}
