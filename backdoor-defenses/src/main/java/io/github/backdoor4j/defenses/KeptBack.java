package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;

/**
 * The clean holdout in two parts, drawn at random, so that what one part suggests can be judged on
 * the other.
 *
 * @param used to work with
 * @param judged kept back to measure accuracy
 */
record KeptBack(ImageDataset used, ImageDataset judged) {

  /**
   * Images of a defense that may choose on its holdout: only then the choice needs images of its
   * own, otherwise the whole holdout is used for both.
   *
   * @param share that is kept back, in (0, 1)
   * @throws NotApplicableException if one part would be empty
   */
  static KeptBack of(DefenseContext context, Selection selection, double share) {
    if (selection == Selection.CLEAN_HOLDOUT) {
      return of(context, share);
    }
    ImageDataset holdout = context.labelledHoldout();
    return new KeptBack(holdout, holdout);
  }

  /**
   * Splits the holdout of a defense.
   *
   * @param share that is kept back, in (0, 1)
   * @throws NotApplicableException if one part would be empty
   */
  static KeptBack of(DefenseContext context, double share) {
    ImageDataset holdout = context.labelledHoldout();
    int kept = (int) (holdout.size() * share);
    if (kept == 0 || kept == holdout.size()) {
      throw new NotApplicableException(
          "kept_back %s of a clean holdout of %d images leaves no images on one side; give a larger"
              + " holdout",
          share, holdout.size());
    }
    long[] order = Tensors.permutation(holdout.size(), context.seed().child("kept-back"));
    return new KeptBack(
        holdout.subset(Arrays.copyOfRange(order, kept, order.length)),
        holdout.subset(Arrays.copyOf(order, kept)));
  }
}
