package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What makes Java's JPEG reader see the same colours as libjpeg, and so Pillow. Java guesses the
 * colour model from the sampling where libjpeg goes by the component names, applies colour profiles
 * and refuses harmless metadata. So here the colour model is decided as libjpeg does it, and all
 * metadata is replaced by the one marker that says so.
 */
final class JpegFile {

  private static final int SOI = 0xD8;
  private static final int EOI = 0xD9;
  private static final int SOS = 0xDA;
  private static final int APP0 = 0xE0;
  private static final int APP14 = 0xEE;
  private static final int APP15 = 0xEF;
  private static final int COMMENT = 0xFE;
  private static final byte[] JFIF = {
    (byte) 0xFF, (byte) APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };
  private static final byte[] ADOBE_RGB = {
    (byte) 0xFF, (byte) APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };

  private final String name;
  private final byte[] file;
  private final ByteArrayOutputStream kept;
  private boolean jfif;
  private int adobe = -1;
  private int components;
  private String componentNames = "";

  private JpegFile(String name, byte[] file) {
    this.name = name;
    this.file = file;
    this.kept = new ByteArrayOutputStream(file.length);
  }

  static boolean starts(byte[] file) {
    return file.length > 2 && at(file, 0) == 0xFF && at(file, 1) == SOI && at(file, 2) == 0xFF;
  }

  /**
   * The file with one marker for its colours and no other metadata.
   *
   * @throws DataException if it is cut off before its pixels, or too large, or of a kind that
   *     cannot be read: not of 8 bits, or with a number of colours other than 1 or 3
   */
  static byte[] pixelsOnly(String name, byte[] file) {
    JpegFile reader = new JpegFile(name, file);
    int scan = reader.readHeader();
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length + JFIF.length);
    out.write(0xFF);
    out.write(SOI);
    out.writeBytes(reader.isRgb() ? ADOBE_RGB : JFIF);
    out.writeBytes(reader.kept.toByteArray());
    out.write(file, scan, file.length - scan);
    return out.toByteArray();
  }

  /** Returns where the first scan starts. */
  private int readHeader() {
    int at = 2;
    while (true) {
      at = nextMarker(at);
      int marker = at(file, at);
      if (marker == SOS && components > 0) {
        return at - 1;
      }
      if (marker == SOS || marker == EOI) {
        throw new DataException("%s is broken: it has no pixels behind a header", name);
      }
      int length = at + 2 < file.length ? at(file, at + 1) << Byte.SIZE | at(file, at + 2) : -1;
      if (length < 2 || at + 1 + length > file.length) {
        throw cutOff();
      }
      readSegment(marker, at + 3, length - 2);
      at += 1 + length;
    }
  }

  /** Position of the next marker's code; fill bytes and markers without content are passed over. */
  private int nextMarker(int from) {
    for (int at = from; at + 1 < file.length; at++) {
      int code = at(file, at + 1);
      if (at(file, at) == 0xFF && code != 0xFF && code > 1 && (code < 0xD0 || code > SOI)) {
        return at + 1;
      }
    }
    throw cutOff();
  }

  private DataException cutOff() {
    return new DataException("%s is cut off: it ends before its pixels", name);
  }

  private void readSegment(int marker, int start, int length) {
    boolean metadata = (marker >= APP0 && marker <= APP15) || marker == COMMENT;
    if (marker == APP0 && length >= 14 && text(start, 5).equals("JFIF\0")) {
      jfif = true;
    } else if (marker == APP14 && length >= 12 && text(start, 5).equals("Adobe")) {
      adobe = at(file, start + 11);
    } else if (isFrame(marker)) {
      readFrame(start, length);
    }
    if (!metadata) {
      kept.write(file, start - 4, length + 4);
    }
  }

  /** Start of frame of any kind; the three codes left out are tables. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private void readFrame(int start, int length) {
    components = length < 6 ? 0 : at(file, start + 5);
    if (components == 0 || length < 6 + 3 * components) {
      throw new DataException("%s is broken: its frame header is too short", name);
    }
    if (at(file, start) != Byte.SIZE || (components != 1 && components != 3)) {
      throw new DataException(
          "%s is a JPEG image with %d colour components of %d bits; readable are 1 (grey) and 3"
              + " (colour) of 8 bits. Convert CMYK images to RGB first.",
          name, components, at(file, start));
    }
    ImageDecoder.checkSize(
        name,
        at(file, start + 3) << Byte.SIZE | at(file, start + 4),
        at(file, start + 1) << Byte.SIZE | at(file, start + 2));
    for (int i = 0; i < components; i++) {
      componentNames += text(start + 6 + 3 * i, 1);
    }
  }

  /** As libjpeg's default_decompress_parms decides; everything else is YCbCr or grey. */
  private boolean isRgb() {
    return components == 3 && !jfif && (adobe < 0 ? componentNames.equals("RGB") : adobe == 0);
  }

  private String text(int start, int length) {
    return new String(file, start, length, StandardCharsets.ISO_8859_1);
  }

  private static int at(byte[] file, int position) {
    return file[position] & 0xFF;
  }
}
