package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Applies triggers and label rules. The only code that does. */
public final class Poisoner {

  private static final int CHUNK = 2048;

  private Poisoner() {}

  /**
   * Poisons a training set.
   *
   * @throws NotApplicableException if the rate asks for no image, or for more than are eligible
   * @throws EngineException if the trigger or the selector returns what it must not
   */
  public static PoisonedDataset poison(ImageDataset clean, PoisonRecipe recipe, Seed seed) {
    int classes = clean.spec().classes();
    long[] labels = clean.labelValues();
    long[] eligible = eligible(clean, recipe.labels());
    int count = checkedCount(recipe.rate(), recipe.labels(), clean.size(), eligible.length);
    long[] chosen =
        checkedRows(
            recipe.selector().select(eligible.clone(), count, seed.child("poison-index")),
            eligible,
            count);
    long[] given =
        Arrays.stream(chosen)
            .map(row -> recipe.labels().trainingLabel(labels[(int) row], classes))
            .toArray();
    PoisonedDataset poisoned =
        new PoisonedDataset(
            clean, chosen, stamp(recipe.trainingTrigger(), clean.images(), chosen), given);
    return recipe.cover().isPresent()
        ? covered(poisoned, recipe.cover().get(), seed.child("cover-index"))
        : poisoned;
  }

  private static PoisonedDataset covered(PoisonedDataset set, Cover cover, Seed seed) {
    boolean[] poisoned = set.flags();
    long[] free =
        LongStream.range(0, poisoned.length).filter(row -> !poisoned[(int) row]).toArray();
    int count = cover.rate().count(poisoned.length, free.length);
    if (count > free.length) {
      throw new NotApplicableException(
          "cover ratio %s asks for %d images, but only %d of %d are not poisoned",
          cover.rate().ratio(), count, free.length, poisoned.length);
    }
    long[] rows = SampleSelector.uniform().select(free, count, seed);
    return set.withCover(rows, stamp(cover.trigger(), set.clean().images(), rows));
  }

  /**
   * Whether a set can be poisoned at all, for attacks that have dear work to do before they do.
   *
   * @throws io.github.backdoor4j.core.UsageException if the rule does not fit the classes
   * @throws NotApplicableException if the rate asks for no image, or for more than are eligible
   */
  public static void check(ImageDataset clean, LabelRule rule, PoisonRate rate) {
    checkedCount(rate, rule, clean.size(), eligible(clean, rule).length);
  }

  private static long[] eligible(ImageDataset clean, LabelRule rule) {
    rule.check(clean.spec().classes());
    long[] labels = clean.labelValues();
    return LongStream.range(0, labels.length)
        .filter(row -> rule.mayPoison(labels[(int) row]))
        .toArray();
  }

  private static int checkedCount(PoisonRate rate, LabelRule rule, int size, int eligible) {
    int count = rate.count(size, eligible);
    int whole = rate.of() == PoisonRate.Of.DATASET ? size : eligible;
    if (eligible == 0) {
      throw new NotApplicableException(
          "none of the %d training images may be poisoned under %s", size, rule);
    }
    if (count > eligible) {
      throw new NotApplicableException(
          "ratio %s asks for %d poisoned images, but only %d of the %d training images are eligible"
              + " under %s. Allowed here: a ratio up to %s.",
          rate.ratio(), count, eligible, size, rule, roundedDown((double) eligible / size));
    }
    if (count == 0) {
      throw new NotApplicableException(
          "ratio %s poisons none of %d images; one image is a ratio of %s",
          rate.ratio(), whole, 1.0 / whole);
    }
    return count;
  }

  /** Six digits, never more than the value, so that the advice holds. */
  private static double roundedDown(double value) {
    return Math.floor(value * 1e6) / 1e6;
  }

  private static long[] checkedRows(long[] chosen, long[] eligible, int count) {
    long previous = -1;
    for (long row : chosen) {
      if (row <= previous || Arrays.binarySearch(eligible, row) < 0) {
        throw new EngineException(
            "the selector chose row %d after row %d; rows must ascend and be eligible",
            row, previous);
      }
      previous = row;
    }
    if (chosen.length != count) {
      throw new EngineException(
          "the selector must choose %d rows, but chose %d", count, chosen.length);
    }
    return chosen;
  }

  /** Triggers every test image that counts for the attack success rate. */
  public static TriggeredSet trigger(ImageDataset test, Trigger trigger, LabelRule rule) {
    int classes = test.spec().classes();
    rule.check(classes);
    long[] labels = test.labelValues();
    long[] rows =
        LongStream.range(0, labels.length)
            .filter(row -> rule.countsForAttack(labels[(int) row]))
            .toArray();
    if (rows.length == 0) {
      throw new NotApplicableException(
          "no test image counts for the attack: all %d belong to the target of %s",
          labels.length, rule);
    }
    long[] originals = Arrays.stream(rows).map(row -> labels[(int) row]).toArray();
    long[] wanted =
        Arrays.stream(originals).map(label -> rule.attackLabel(label, classes)).toArray();
    return new TriggeredSet(
        test.spec(), stamp(trigger, test.images(), rows), wanted, originals, rows);
  }

  /**
   * Applies a trigger to the images at some rows, in chunks, and checks what comes back.
   *
   * @throws EngineException if the trigger changes shape or type
   */
  public static Tensor stamp(Trigger trigger, Tensor images, long[] rows) {
    if (rows.length == 0) {
      return Tensors.rows(images, rows);
    }
    try (TensorScope scope = TensorScope.open()) {
      org.bytedeco.pytorch.TensorVector chunks = new org.bytedeco.pytorch.TensorVector();
      for (int from = 0; from < rows.length; from += CHUNK) {
        long[] part = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + CHUNK));
        chunks.push_back(
            TensorScope.scoped(() -> checked(trigger, Tensors.rows(images, part), part)));
      }
      return scope.keep(org.bytedeco.pytorch.global.torch.cat(chunks, 0));
    }
  }

  private static Tensor checked(Trigger trigger, Tensor batch, long[] indices) {
    Tensor stamped = trigger.stamp(batch, indices);
    if (stamped.scalar_type().intern() != ScalarType.Byte
        || !Arrays.equals(stamped.shape(), batch.shape())) {
      throw new EngineException(
          "trigger %s must return 8-bit images of shape %s, but returned %s of shape %s",
          trigger.getClass().getName(),
          Arrays.toString(batch.shape()),
          stamped.scalar_type().intern(),
          Arrays.toString(stamped.shape()));
    }
    return stamped;
  }
}
