package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many images a second are read from a folder or archive and decoded. */
@Tag("benchmark")
class ImageSpeedTest {

  private static final int IMAGES = 10_000;
  private static final int ROUNDS = 4;

  @TempDir private Path folder;

  @Test
  void jpegFolder_at64Pixels() throws IOException {
    writeImages();
    report("folder of JPEG, 64×64", folder.resolve("images"), 64);
    report("the same, resized to 32×32", folder.resolve("images"), 32);
    Path archive = folder.resolve("images.zip");
    OfficialArchives.pack(folder.resolve("images"), archive);
    report("zip of JPEG, 64×64", archive, 64);
  }

  /** Real garments, three as the colours of each image, doubled in size. */
  private void writeImages() throws IOException {
    try (TensorScope scope = TensorScope.open()) {
      Splits splits = new FashionMnist().load(Optional.empty(), NoOptions.NONE);
      ImageDataset data = splits.training();
      byte[] pixels = Tensors.toBytes(data.images());
      int plane = 32 * 32;
      for (int i = 0; i < IMAGES; i++) {
        byte[] planes = new byte[3 * plane];
        for (int channel = 0; channel < 3; channel++) {
          int from = 3 * plane * ((i + 37 * channel) % data.size());
          System.arraycopy(pixels, from, planes, channel * plane, plane);
        }
        Path file = folder.resolve("images/" + i % 10 + "/" + i + ".jpg");
        Files.createDirectories(file.getParent());
        Files.write(file, jpeg(new RgbImage(32, 32, planes).resized(64, 64)));
      }
    }
  }

  private static byte[] jpeg(RgbImage image) throws IOException {
    int width = image.width();
    int plane = width * image.height();
    BufferedImage picture = new BufferedImage(width, image.height(), BufferedImage.TYPE_3BYTE_BGR);
    byte[] planes = image.planes();
    for (int i = 0; i < plane; i++) {
      int rgb =
          (planes[i] & 0xFF) << 16
              | (planes[i + plane] & 0xFF) << 8
              | (planes[i + 2 * plane] & 0xFF);
      picture.setRGB(i % width, i / width, rgb);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(picture, "jpeg", out);
    return out.toByteArray();
  }

  private static void report(String what, Path source, int size) {
    ImageFolder images = new ImageFolder();
    ImageFolder.Options options =
        Options.bind("image-folder", images.defaults(), Map.of("size", Integer.toString(size)));
    double[] rates = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      try (TensorScope scope = TensorScope.open()) {
        long start = System.nanoTime();
        images.load(Optional.of(source), options);
        rates[round] = IMAGES / ((System.nanoTime() - start) / 1e9);
      }
    }
    System.out.printf("%s: images a second, %d rounds: %s%n", what, ROUNDS, Arrays.toString(rates));
  }
}
