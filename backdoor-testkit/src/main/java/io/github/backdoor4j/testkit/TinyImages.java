package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Synthetic labelled images: one noisy colour blob each, whose colour and place tell the class. A
 * tiny network learns them in a few epochs. Equal arguments give equal pixels.
 */
public final class TinyImages {

  /** Colour images of 16 pixels: the smallest that every built-in method can work on. */
  public static final ImageShape SMALL = new ImageShape(3, 16, 16);

  /** The shape of CIFAR images. */
  public static final ImageShape CIFAR = new ImageShape(3, 32, 32);

  /** The shape of Tiny-ImageNet images. */
  public static final ImageShape TINY_IMAGENET = new ImageShape(3, 64, 64);

  private static final int CLASSES = 4;
  private static final double NOISE = 24;
  private static final int BACKGROUND = 96;

  private TinyImages() {}

  /** What a synthetic data set is. */
  public static DatasetSpec spec(ImageShape shape, int classes) {
    List<String> names = IntStream.range(0, classes).mapToObj(label -> "blob" + label).toList();
    return new DatasetSpec(
        "tiny-images",
        shape,
        names,
        Normalization.uniform(shape.channels(), 0.5, 0.25),
        Augmentation.NONE);
  }

  /** Four classes of 3×16×16 images, equally many of each, in label order 0 1 2 3 0 1 … */
  public static ImageDataset blobs(int count, Seed seed) {
    return blobs(spec(SMALL, CLASSES), count, seed);
  }

  /** Images of any shape and number of classes, equally many of each, in label order 0 1 2 … */
  public static ImageDataset blobs(DatasetSpec spec, int count, Seed seed) {
    int size = spec.shape().size();
    byte[] pixels = new byte[Math.multiplyExact(count, size)];
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % spec.classes();
      draw(pixels, i * size, spec, (int) labels[i], seed.child("blob", i).random());
    }
    ImageShape shape = spec.shape();
    return new ImageDataset(
        spec,
        Tensors.ofBytes(pixels, count, shape.channels(), shape.height(), shape.width()),
        Tensors.ofLongs(labels));
  }

  private static void draw(
      byte[] pixels, int start, DatasetSpec spec, int label, RandomGenerator random) {
    ImageShape shape = spec.shape();
    double angle = 2 * Math.PI * label / spec.classes();
    double row = shape.height() * (0.5 + 0.25 * Math.sin(angle)) + random.nextGaussian();
    double column = shape.width() * (0.5 + 0.25 * Math.cos(angle)) + random.nextGaussian();
    double radius = shape.height() / 5.0;
    int at = start;
    for (int channel = 0; channel < shape.channels(); channel++) {
      double colour = 120 * Math.cos(angle - 2 * Math.PI * channel / 3);
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          double distance = ((y - row) * (y - row) + (x - column) * (x - column)) / radius / radius;
          double value = BACKGROUND + colour * Math.exp(-distance) + NOISE * random.nextGaussian();
          pixels[at++] = (byte) Math.round(Math.min(255, Math.max(0, value)));
        }
      }
    }
  }
}
