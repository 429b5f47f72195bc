package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageShape;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PngImagesTest {

  @TempDir Path folder;

  @Test
  void whatIsWritten_readsBackTheSame() {
    ImageShape shape = new ImageShape(3, 2, 3);
    byte[] pixels = new byte[shape.size()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i * 15);
    }
    Path file = folder.resolve("a.png");

    PngImages.write(PngImages.image(pixels, shape), file);

    assertThat(PngImages.isPng(file)).isTrue();
    assertThat(PngImages.read(file).pixels()).isEqualTo(pixels);
    assertThat(PngImages.read(file).shape()).isEqualTo(shape);
  }

  /** A file of a few bytes may claim any size. */
  @Test
  void hugeImages_areRefusedBeforeTheyAreUnpacked() throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(header);
    data.writeBytes("IHDR");
    data.writeInt(60_000);
    data.writeInt(60_000);
    data.write(new byte[] {8, 2, 0, 0, 0});
    CRC32 sum = new CRC32();
    sum.update(header.toByteArray());
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(file);
    out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
    out.writeInt(13);
    out.write(header.toByteArray());
    out.writeInt((int) sum.getValue());
    Path bomb = Files.write(folder.resolve("bomb.png"), file.toByteArray());

    assertThatThrownBy(() -> PngImages.read(bomb))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("3600000000 pixels");
  }

  @Test
  void garbage_isBroken() throws IOException {
    Path file = Files.write(folder.resolve("g.png"), "nothing".getBytes(StandardCharsets.UTF_8));

    assertThat(PngImages.isPng(file)).isFalse();
    assertThatThrownBy(() -> PngImages.read(file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("it is broken");
  }
}
