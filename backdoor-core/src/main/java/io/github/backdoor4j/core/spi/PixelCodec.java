package io.github.backdoor4j.core.spi;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;

/** Pictures in JSON: one byte per value in base64, a fortieth of the numbers written out. */
final class PixelCodec {

  private PixelCodec() {}

  static final class Writer extends JsonSerializer<float[]> {
    @Override
    public void serialize(float[] pixels, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      byte[] bytes = new byte[pixels.length];
      for (int i = 0; i < pixels.length; i++) {
        bytes[i] = (byte) Math.round(255 * Math.min(1, Math.max(0, pixels[i])));
      }
      out.writeBinary(bytes);
    }
  }

  static final class Reader extends JsonDeserializer<float[]> {
    @Override
    public float[] deserialize(JsonParser in, DeserializationContext context) throws IOException {
      byte[] bytes = in.getBinaryValue();
      float[] pixels = new float[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        pixels[i] = (bytes[i] & 0xFF) / 255f;
      }
      return pixels;
    }
  }
}
