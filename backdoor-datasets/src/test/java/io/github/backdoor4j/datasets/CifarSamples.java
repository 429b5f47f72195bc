package io.github.backdoor4j.datasets;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Small files in the official binary format, of real images padded and tinted. */
final class CifarSamples {

  static final int PIXELS = 3072;

  private CifarSamples() {}

  /** All files of CIFAR-10 with three images each, in the order of the official archive. */
  static Map<String, byte[]> binary10() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int batch : new int[] {1, 4, 3, 6, 5, 2}) {
      String name = batch == 6 ? "test_batch.bin" : "data_batch_" + batch + ".bin";
      byte[] content = new byte[3 * (1 + PIXELS)];
      for (int i = 0; i < 3; i++) {
        content[i * (1 + PIXELS)] = (byte) ((3 * batch + i) % 10);
        System.arraycopy(image(3 * batch + i), 0, content, i * (1 + PIXELS) + 1, PIXELS);
      }
      files.put("cifar-10-batches-bin/" + name, content);
    }
    files.put(
        "cifar-10-batches-bin/batches.meta.txt",
        "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"
            .getBytes(StandardCharsets.UTF_8));
    files.put("cifar-10-batches-bin/readme.html", new byte[10]);
    return files;
  }

  /** All files of CIFAR-100: five training and three test images. */
  static Map<String, byte[]> binary100() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("cifar-100-binary/train.bin", records100(40, 5));
    files.put("cifar-100-binary/test.bin", records100(50, 3));
    return files;
  }

  private static byte[] records100(int start, int count) {
    byte[] content = new byte[count * (2 + PIXELS)];
    for (int i = 0; i < count; i++) {
      content[i * (2 + PIXELS)] = (byte) ((7 * i + start) % 20);
      content[i * (2 + PIXELS) + 1] = (byte) ((19 * i + start) % 100);
      System.arraycopy(image(start + i), 0, content, i * (2 + PIXELS) + 2, PIXELS);
    }
    return content;
  }

  /** An image of the test set of Fashion-MNIST: red is full, green half, blue a quarter of it. */
  static byte[] image(int index) {
    byte[] grey;
    try {
      grey = OfficialFiles.first(IdxFolder.TEST_IMAGES, index + 1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    byte[] image = new byte[PIXELS];
    for (int p = 0; p < 784; p++) {
      int value = grey[16 + index * 784 + p] & 255;
      int at = (p / 28 + 2) * 32 + p % 28 + 2;
      image[at] = (byte) value;
      image[1024 + at] = (byte) (value / 2);
      image[2048 + at] = (byte) (value / 4);
    }
    return image;
  }
}
