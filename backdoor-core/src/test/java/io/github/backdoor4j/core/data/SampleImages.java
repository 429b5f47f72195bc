package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Collections;
import java.util.stream.IntStream;

/** Small data sets whose pixels differ from image to image. */
final class SampleImages {

  private SampleImages() {}

  static DatasetSpec spec(int classes, ImageShape shape) {
    return new DatasetSpec(
        "sample",
        shape,
        IntStream.range(0, classes).mapToObj(label -> "class " + label).toList(),
        Normalization.uniform(shape.channels(), 0.5, 0.25),
        Augmentation.NONE);
  }

  /** One image per label; byte p of image i is (37·i + 11·p) mod 256. */
  static ImageDataset withLabels(int classes, ImageShape shape, long... labels) {
    byte[] pixels = new byte[labels.length * shape.size()];
    for (int at = 0; at < pixels.length; at++) {
      pixels[at] = (byte) (37 * (at / shape.size()) + 11 * (at % shape.size()));
    }
    return new ImageDataset(
        spec(classes, shape),
        Tensors.ofBytes(pixels, labels.length, shape.channels(), shape.height(), shape.width()),
        Tensors.ofLongs(labels));
  }

  /** Labels 0, 1, …, classes − 1, 0, 1, … on images of one pixel. */
  static ImageDataset cycling(int classes, int size) {
    return withLabels(
        classes,
        new ImageShape(1, 1, 1),
        IntStream.range(0, size).mapToLong(row -> row % classes).toArray());
  }

  /** A set of one-pixel images in which class 0 has a given size and the others share the rest. */
  static ImageDataset withClassZeroOf(int classZero, int classes, int size) {
    long[] labels = new long[size];
    for (int row = classZero; row < size; row++) {
      labels[row] = 1L + row % (classes - 1);
    }
    byte[] pixels = new byte[size];
    return new ImageDataset(
        new DatasetSpec(
            "sample",
            new ImageShape(1, 1, 1),
            Collections.nCopies(classes, "class"),
            Normalization.uniform(1, 0, 1),
            Augmentation.NONE),
        Tensors.ofBytes(pixels, size, 1, 1, 1),
        Tensors.ofLongs(labels));
  }
}
