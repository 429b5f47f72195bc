package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleReader;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A class of PyTorch's storages, which a pickle names but does not call. */
enum TorchStorageType implements PickleReader.Global {
  FLOAT(ScalarType.Float, 4),
  DOUBLE(ScalarType.Double, 8),
  HALF(ScalarType.Half, 2),
  BFLOAT16(ScalarType.BFloat16, 2),
  LONG(ScalarType.Long, 8),
  INT(ScalarType.Int, 4),
  SHORT(ScalarType.Short, 2),
  CHAR(ScalarType.Char, 1),
  BYTE(ScalarType.Byte, 1),
  BOOL(ScalarType.Bool, 1);

  static final Map<String, TorchStorageType> BY_NAME =
      Map.of(
          "FloatStorage", FLOAT,
          "DoubleStorage", DOUBLE,
          "HalfStorage", HALF,
          "BFloat16Storage", BFLOAT16,
          "LongStorage", LONG,
          "IntStorage", INT,
          "ShortStorage", SHORT,
          "CharStorage", CHAR,
          "ByteStorage", BYTE,
          "BoolStorage", BOOL);

  final ScalarType scalarType;
  final int bytes;

  TorchStorageType(ScalarType scalarType, int bytes) {
    this.scalarType = scalarType;
    this.bytes = bytes;
  }

  @Override
  public Object call(List<Object> arguments) {
    throw new DataException("makes a storage by itself, which is not expected");
  }
}
