package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

  @TempDir Path folder;
  private TensorScope scope;
  private Path file;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    file = folder.resolve("weights.safetensors");
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Little-endian header length, header, data: the format, put together by hand. */
  private static byte[] bytes(String header, int... data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(8 + json.length + data.length);
    all.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    for (int value : data) {
      all.put((byte) value);
    }
    return all.array();
  }

  private static String entry(String name, String type, String shape, String offsets) {
    return String.format(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}", name, type, shape, offsets);
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {
        "Double",
        "Float",
        "Half",
        "BFloat16",
        "Long",
        "Int",
        "Short",
        "Char",
        "Byte",
        "Bool"
      })
  void everyType_survivesARoundTrip(ScalarType type) {
    Tensor values = Tensors.ofFloats(new float[] {0, 1, 2, 3, 100, 0.5f}, 2, 3).to(type);
    new Safetensors(Map.of("t", values), Map.of()).write(file);
    Tensor back = Safetensors.read(file).tensors().get("t");
    assertThat(back.scalar_type().intern()).isEqualTo(type);
    assertThat(back.shape()).containsExactly(2, 3);
    assertThat(back.equal(values)).isTrue();
  }

  @Test
  void shapesLayoutsAndNames_surviveARoundTrip() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("scalar", torch.ones(new long[0]));
    tensors.put("empty", torch.zeros(3, 0, 2));
    tensors.put("layer1.0.conv", channelsLast());
    tensors.put("view", Tensors.ofLongs(new long[] {1, 2, 3, 4, 5}).narrow(0, 1, 3));
    tensors.put("transposed", Tensors.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t());
    tensors.put("ä \"quoted\" \\ name", torch.ones(1).set_requires_grad(true));
    new Safetensors(tensors, Map.of("note", "zwei\nZeilen")).write(file);

    Safetensors back = Safetensors.read(file);
    assertThat(back.metadata()).containsExactly(Map.entry("note", "zwei\nZeilen"));
    assertThat(back.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    tensors.forEach(
        (name, tensor) -> {
          Tensor read = back.tensors().get(name);
          assertThat(read.shape()).as(name).isEqualTo(tensor.shape());
          assertThat(Tensors.toFloats(read)).as(name).isEqualTo(Tensors.toFloats(tensor));
        });
  }

  private static Tensor channelsLast() {
    return Tensors.uniform(Tensors.generator(new Seed(1)), -1, 1, 2, 3, 4, 5)
        .contiguous(MemoryFormat.ChannelsLast);
  }

  @Test
  void write_producesTheFormatByteByByte() throws IOException {
    Tensor tensor = Tensors.ofFloats(new float[] {1, -2}, 2); // 3f800000, c0000000
    new Safetensors(Map.of("w", tensor), Map.of("k", "v")).write(file);
    String header = "{\"__metadata__\":{\"k\":\"v\"}," + entry("w", "F32", "[2]", "[0,8]") + "}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes(padded, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0));
  }

  @Test
  void read_understandsAFileWrittenByHand() throws IOException {
    String header =
        "{"
            + entry("late", "I16", "[1,2]", "[4,8]") // not in the order of the data
            + ","
            + entry("early", "U8", "[4]", "[0,4]")
            + ","
            + entry("half", "BF16", "[]", "[8,10]")
            + ",\"__metadata__\":{\"format\":\"pt\"}}   ";
    Files.write(file, bytes(header, 1, 2, 250, 255, 0xfe, 0xff, 0, 1, 0x80, 0x3f));
    Safetensors read = Safetensors.read(file);
    assertThat(Tensors.toLongs(read.tensors().get("early"))).containsExactly(1, 2, 250, 255);
    assertThat(Tensors.toLongs(read.tensors().get("late"))).containsExactly(-2, 256);
    assertThat(read.tensors().get("late").shape()).containsExactly(1, 2);
    assertThat(Tensors.toFloats(read.tensors().get("half"))).containsExactly(1);
    assertThat(read.metadata()).containsExactly(Map.entry("format", "pt"));
    assertThat(Safetensors.metadata(file)).containsExactly(Map.entry("format", "pt"));
  }

  @Test
  void read_ofAFileWithoutTensors_isEmpty() throws IOException {
    Files.write(file, bytes("{}"));
    assertThat(Safetensors.read(file).tensors()).isEmpty();
    assertThat(Safetensors.metadata(file)).isEmpty();
  }

  static Stream<byte[]> corruptFiles() throws IOException {
    String good = entry("a", "U8", "[4]", "[0,4]");
    ByteArrayOutputStream huge = new ByteArrayOutputStream();
    huge.write(new byte[] {-1, -1, -1, -1, -1, -1, -1, 127});
    huge.write("{}".getBytes(StandardCharsets.UTF_8));
    byte[] negative = huge.toByteArray();
    negative[7] = -1;
    byte[] whole = bytes("{" + good + "}", 1, 2, 3, 4);
    return Stream.of(
        new byte[0],
        new byte[] {2, 0, 0},
        huge.toByteArray(),
        negative,
        bytes(""), // a header of no bytes
        Arrays.copyOf(whole, 20), // ends within the header
        Arrays.copyOf(whole, whole.length - 1), // ends within the data
        Arrays.copyOf(whole, whole.length + 1), // data that belong to no tensor
        bytes("nonsense"),
        bytes("[1, 2]"),
        bytes("    "),
        bytes("{" + good + "} {}", 1, 2, 3, 4),
        bytes("{" + good + "," + good + "}", 1, 2, 3, 4),
        bytes("{\"a\":7}"),
        bytes("{" + entry("a", "F8", "[4]", "[0,4]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[5]", "[0,4]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[-4]", "[0,-4]") + "}"),
        bytes("{" + entry("a", "U8", "[4]", "[-4,0]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[4]", "[4,0]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[4]", "[0]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[4]", "[0,4,8]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "4", "[0,4]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[4.5]", "[0,4]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[\"4\"]", "[0,4]") + "}", 1, 2, 3, 4),
        bytes("{" + entry("a", "U8", "[4294967296,4294967296,16]", "[0,0]") + "}"),
        bytes("{" + entry("a", "U8", "[99999999999999999999]", "[0,4]") + "}", 1, 2, 3, 4),
        bytes(
            "{" + entry("a", "U8", "[4]", "[9223372036854775800,9223372036854775804]") + "}",
            1,
            2,
            3,
            4),
        bytes("{" + good + "," + entry("b", "U8", "[4]", "[2,6]") + "}", 1, 2, 3, 4, 5, 6),
        bytes("{" + good + "," + entry("b", "U8", "[4]", "[0,4]") + "}", 1, 2, 3, 4),
        bytes("{" + good + "," + entry("b", "U8", "[1]", "[5,6]") + "}", 1, 2, 3, 4, 5, 6));
  }

  @ParameterizedTest
  @MethodSource("corruptFiles")
  void corruptFile_isRefusedByName(byte[] content) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("no valid safetensors file")
        .hasMessageContaining("Delete it or restore it");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void randomDamage_neverDoesMoreThanThrowDataException(int seed) throws IOException {
    new Safetensors(Map.of("a", torch.ones(3, 4), "b", torch.zeros(5)), Map.of("k", "v"))
        .write(file);
    byte[] good = Files.readAllBytes(file);
    var random = new Seed(seed).random();
    for (int round = 0; round < 50; round++) {
      byte[] bad = good.clone();
      for (int i = 0; i < 3; i++) {
        bad[random.nextInt(150)] = (byte) random.nextInt(256);
      }
      Files.write(file, bad);
      try (TensorScope inner = TensorScope.open()) {
        Safetensors.read(file);
      } catch (DataException e) {
        assertThat(e).hasMessageContaining(file.toString());
      }
    }
  }

  @Test
  void missingFile_isReportedByName() {
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(DataException.class)
        .hasMessage("%s does not exist", file);
    assertThatThrownBy(() -> Safetensors.metadata(file)).isInstanceOf(DataException.class);
  }

  @Test
  void folder_isReportedAsUnreadable() {
    assertThatThrownBy(() -> Safetensors.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder.toString());
  }

  @Test
  void write_ofATypeTheFormatLacks_isRefusedAndLeavesTheOldFile() throws IOException {
    Files.writeString(file, "old");
    Tensor complex = torch.ones(2).to(ScalarType.ComplexFloat);
    Safetensors unfit = new Safetensors(Map.of("c", complex), Map.of());
    assertThatThrownBy(() -> unfit.write(file)).hasMessageContaining("c has a type");
    assertThat(file).hasContent("old");
  }

  @Test
  void map_givesTheSameAsRead() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("labels", Tensors.ofLongs(new long[] {1, -2, 1L << 40}));
    tensors.put("odd", Tensors.ofBytes(new byte[] {1, 2, 3}, 3, 1));
    tensors.put("unaligned", Tensors.ofFloats(new float[] {0.5f, -1.5f}, 1, 2));
    tensors.put("empty", Tensors.ofLongs(new long[0]));
    tensors.put("scalar", Tensors.ofFloats(new float[] {2.5f}, 1).sum());
    new Safetensors(tensors, Map.of("made", "here")).write(file);

    Safetensors mapped = Safetensors.map(file);

    assertThat(mapped.metadata()).containsExactly(Map.entry("made", "here"));
    assertThat(mapped.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    tensors.forEach(
        (name, tensor) -> {
          Tensor found = mapped.tensors().get(name);
          assertThat(found.scalar_type().intern()).isEqualTo(tensor.scalar_type().intern());
          assertThat(found.shape()).isEqualTo(tensor.shape());
          assertThat(Tensors.toBytes(found)).isEqualTo(Tensors.toBytes(tensor));
        });
  }

  @Test
  void map_ofABrokenFile_isADataError() throws IOException {
    Files.write(file, bytes("{}", 1));

    assertThatThrownBy(() -> Safetensors.map(file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file.toString());
    assertThatThrownBy(() -> Safetensors.map(folder.resolve("none")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void map_ofAFileWithLettersBeyondAscii_works() {
    Path file = folder.resolve("größe-図.safetensors");
    new Safetensors(Map.of("a", Tensors.ofBytes(new byte[] {7}, 1)), Map.of()).write(file);

    assertThat(Tensors.toBytes(Safetensors.map(file).tensors().get("a"))).containsExactly(7);
  }

  @Test
  void map_freesTheMapping_withItsTensors() {
    new Safetensors(Map.of("a", Tensors.ofBytes(new byte[100], 100)), Map.of()).write(file);
    long before = org.bytedeco.javacpp.Pointer.totalCount();

    for (int i = 0; i < 50; i++) {
      try (TensorScope inner = TensorScope.open()) {
        Safetensors.map(file);
      }
    }

    assertThat(org.bytedeco.javacpp.Pointer.totalCount()).isLessThanOrEqualTo(before);
  }
}
