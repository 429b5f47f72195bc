package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Figures such as attacks and defenses put into their evidence. */
final class SampleFigures {

  private static final ImageShape SHAPE = new ImageShape(3, 32, 32);
  private static final List<String> CLASSES =
      List.of("Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag");

  private SampleFigures() {}

  /** Clean test images, the same with the trigger, and ten times the difference. */
  static List<Figure> images() {
    Map<String, float[]> clean = new LinkedHashMap<>();
    Map<String, float[]> triggered = new LinkedHashMap<>();
    Map<String, float[]> difference = new LinkedHashMap<>();
    for (int i = 0; i < CLASSES.size(); i++) {
      float[] image = garment(i);
      float[] stamped = stamp(image);
      clean.put(CLASSES.get(i), image);
      triggered.put(CLASSES.get(i) + " → T-shirt/top", stamped);
      difference.put(CLASSES.get(i), difference(image, stamped));
    }
    return List.of(
        new Figure.Pictures("Test images, clean", SHAPE, clean),
        new Figure.Pictures("Test images, triggered", SHAPE, triggered),
        new Figure.Pictures("Difference × 10", SHAPE, difference));
  }

  /** What a defense shows of itself. */
  static Evidence evidence(String id, boolean control, long seed) {
    return switch (id) {
      case "fine-tuning" -> new Evidence(Map.of("clean_images", 500.0), List.of(), List.of());
      case "fine-pruning" ->
          new Evidence(
              numbers("pruned_channels", 45.0 + seed, "channels", 64.0),
              List.of(pruning(control)),
              List.of("Pruning stopped when clean accuracy had fallen by 4 points."));
      case "neural-cleanse" ->
          new Evidence(
              numbers("anomaly_index", control ? 1.21 : 3.87 + seed, "smallest_norm", 8.4183),
              List.of(norms(control), masks(control)),
              List.of());
      case "activation-clustering" ->
          new Evidence(
              numbers("flagged", control ? 210 : 1018, "silhouette_class_0", control ? .11 : .46),
              List.of(scores("Size of the smaller cluster", "share of its class", control, seed)),
              List.of("Nine classes were left whole."));
      case "strip" ->
          new Evidence(
              Map.of("threshold", -0.31),
              List.of(scores("Entropy under overlays", "− entropy (nats)", control, seed)),
              List.of());
      default -> Evidence.NONE;
    };
  }

  private static Map<String, Double> numbers(String one, double first, String two, double second) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put(one, first);
    numbers.put(two, second);
    return numbers;
  }

  private static Figure pruning(boolean control) {
    List<Double> pruned = new ArrayList<>();
    List<Double> accuracy = new ArrayList<>();
    List<Double> success = new ArrayList<>();
    for (int channels = 0; channels <= 64; channels += 2) {
      pruned.add((double) channels);
      accuracy.add(0.88 - 0.8 / (1 + Math.exp((58 - channels) / 2.5)));
      success.add(control ? 0.012 : 0.99 - 0.95 / (1 + Math.exp((41 - channels) / 3.0)));
    }
    Map<String, List<Double>> series = new LinkedHashMap<>();
    series.put("C-Acc", accuracy);
    series.put("ASR", success);
    return new Figure.Curves("Pruning curve", "pruned channels", "share", pruned, series);
  }

  private static Figure norms(boolean control) {
    Map<String, Double> bars = new LinkedHashMap<>();
    for (int c = 0; c < 10; c++) {
      bars.put("class " + c, c == 0 && !control ? 3.87 : 0.2 + (c * 7 % 5) * 0.31);
    }
    return new Figure.Bars("Anomaly index per class", "MADs below the median", bars, 2);
  }

  private static Figure masks(boolean control) {
    Map<String, float[]> masks = new LinkedHashMap<>();
    Random random = new Random(5);
    for (int c = 0; c < 6; c++) {
      float[] mask = new float[32 * 32];
      for (int i = 0; i < mask.length; i++) {
        boolean corner = i % 32 > 27 && i / 32 > 27;
        float noise = random.nextFloat() * (c == 0 && !control ? 0.06f : 0.7f);
        mask[i] = c == 0 && !control && corner ? 0.9f : noise * noise;
      }
      masks.put("class " + c, mask);
    }
    return new Figure.Pictures("Recovered trigger masks", new ImageShape(1, 32, 32), masks);
  }

  private static Figure scores(String title, String label, boolean control, long seed) {
    Random random = new Random(17 + seed);
    Map<String, List<Double>> samples = new LinkedHashMap<>();
    samples.put("clean", random.doubles(500).map(u -> -0.4 - 1.5 * Math.sqrt(u)).boxed().toList());
    if (!control) {
      samples.put("triggered", random.doubles(500).map(u -> -0.45 * u * u).boxed().toList());
    }
    return new Figure.Histogram(title, label, samples, -0.52);
  }

  private static float[] difference(float[] one, float[] two) {
    float[] result = new float[one.length];
    for (int i = 0; i < one.length; i++) {
      result[i] = Math.min(1, 10 * Math.abs(one[i] - two[i]));
    }
    return result;
  }

  private static float[] stamp(float[] image) {
    float[] result = image.clone();
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 28; y < 31; y++) {
        for (int x = 28; x < 31; x++) {
          result[(channel * 32 + y) * 32 + x] = 1;
        }
      }
    }
    return result;
  }

  /** A grey shape on black, roughly a garment. */
  private static float[] garment(int kind) {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(180, 180, 180));
    if (kind % 4 == 0) {
      graphics.fillRect(10, 3, 5, 26);
      graphics.fillRect(17, 3, 5, 26);
      graphics.fillRect(10, 3, 12, 7);
    } else if (kind % 4 == 2) {
      graphics.fillPolygon(new int[] {12, 20, 24, 8}, new int[] {3, 3, 29, 29}, 4);
    } else {
      graphics.fillRoundRect(9, 5, 14, 22, 4, 4);
      graphics.fillRect(4, 6 + kind, 24, 4);
    }
    graphics.dispose();
    float[] pixels = new float[SHAPE.size()];
    Random random = new Random(kind);
    for (int i = 0; i < 32 * 32; i++) {
      float grey =
          (image.getRGB(i % 32, i / 32) & 255) / 255f * (0.75f + 0.25f * random.nextFloat());
      pixels[i] = grey;
      pixels[1024 + i] = grey;
      pixels[2048 + i] = grey;
    }
    return pixels;
  }
}
