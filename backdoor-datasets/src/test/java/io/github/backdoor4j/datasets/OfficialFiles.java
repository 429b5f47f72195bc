package io.github.backdoor4j.datasets;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Small files in the official format, of real images. */
final class OfficialFiles {

  static final int TRAINING = 30;
  static final int TEST = 20;

  /** How users come to have the files. */
  enum Form {
    PLAIN {
      @Override
      void write(Path folder, String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
      }
    },
    GZIPPED {
      @Override
      void write(Path folder, String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name + ".gz"), gzipped(content));
      }
    },
    WITH_DOTS {
      @Override
      void write(Path folder, String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name.replace("-idx", ".idx")), content);
      }
    },
    WITH_DOTS_GZIPPED {
      @Override
      void write(Path folder, String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name.replace("-idx", ".idx") + ".gz"), gzipped(content));
      }
    },
    UNPACKED_UNDER_THE_OLD_NAME {
      @Override
      void write(Path folder, String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name + ".gz"), content);
      }
    };

    abstract void write(Path folder, String name, byte[] content) throws IOException;
  }

  private OfficialFiles() {}

  /** Writes all four files: 30 training and 20 test images. */
  static void writeAll(Path folder, Form form) throws IOException {
    for (String name : IdxFolder.FILES) {
      form.write(folder, name, first(name, name.startsWith("train") ? TRAINING : TEST));
    }
  }

  /** One official file with the first images or labels of the embedded set. */
  static byte[] first(String name, int count) throws IOException {
    boolean images = name.contains("images");
    int header = images ? 16 : 8;
    try (InputStream in =
        new GZIPInputStream(
            FashionMnist.class.getResourceAsStream("fashion-mnist/" + name + ".gz"))) {
      byte[] bytes = in.readNBytes(header + count * (images ? 784 : 1));
      ByteBuffer.wrap(bytes).putInt(4, count);
      return bytes;
    }
  }

  private static byte[] gzipped(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
