package io.github.backdoor4j.datasets;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * The stored values of Java's images, as they are: {@code getRGB} would convert them to its own
 * idea of sRGB, which changes grey.
 */
final class RasterPlanes {

  private static final int FULL = 255;

  private RasterPlanes() {}

  static RgbImage of(BufferedImage image) {
    if (image.getColorModel() instanceof IndexColorModel palette) {
      return ofIndices(image.getRaster(), palette);
    }
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
        && image.getRaster().getDataBuffer() instanceof DataBufferByte bytes
        && bytes.getData().length == 3 * image.getWidth() * image.getHeight()) {
      return ofBgr(image.getHeight(), image.getWidth(), bytes.getData());
    }
    return ofSamples(image.getRaster());
  }

  /** The usual case, quickly. */
  private static RgbImage ofBgr(int height, int width, byte[] pixels) {
    int plane = height * width;
    byte[] planes = new byte[pixels.length];
    for (int i = 0, at = 0; i < plane; i++, at += 3) {
      planes[i] = pixels[at + 2];
      planes[i + plane] = pixels[at + 1];
      planes[i + 2 * plane] = pixels[at];
    }
    return new RgbImage(height, width, planes);
  }

  private static RgbImage ofIndices(Raster raster, IndexColorModel palette) {
    int[] indices = samples(raster, 0);
    byte[] planes = new byte[RgbImage.CHANNELS * indices.length];
    for (int i = 0; i < indices.length; i++) {
      int rgb = palette.getRGB(indices[i]);
      planes[i] = (byte) (rgb >> (2 * Byte.SIZE));
      planes[i + indices.length] = (byte) (rgb >> Byte.SIZE);
      planes[i + 2 * indices.length] = (byte) rgb;
    }
    return new RgbImage(raster.getHeight(), raster.getWidth(), planes);
  }

  /** Grey, grey with alpha, RGB, RGB with alpha; the alpha band is the last and left alone. */
  private static RgbImage ofSamples(Raster raster) {
    if (raster.getNumBands() < RgbImage.CHANNELS) {
      return RgbImage.ofGrey(raster.getHeight(), raster.getWidth(), band(raster, 0));
    }
    int plane = raster.getHeight() * raster.getWidth();
    byte[] planes = new byte[RgbImage.CHANNELS * plane];
    for (int channel = 0; channel < RgbImage.CHANNELS; channel++) {
      System.arraycopy(band(raster, channel), 0, planes, channel * plane, plane);
    }
    return new RgbImage(raster.getHeight(), raster.getWidth(), planes);
  }

  private static byte[] band(Raster raster, int band) {
    int bits = raster.getSampleModel().getSampleSize(band);
    int[] samples = samples(raster, band);
    byte[] result = new byte[samples.length];
    for (int i = 0; i < result.length; i++) {
      result[i] =
          (byte)
              (bits >= Byte.SIZE
                  ? samples[i] >> (bits - Byte.SIZE)
                  : samples[i] * FULL / ((1 << bits) - 1)); // as Pillow, without rounding
    }
    return result;
  }

  private static int[] samples(Raster raster, int band) {
    return raster.getSamples(
        raster.getMinX(),
        raster.getMinY(),
        raster.getWidth(),
        raster.getHeight(),
        band,
        (int[]) null);
  }
}
