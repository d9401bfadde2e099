// The one function of bcryptprimitives.dll that Rust's standard library imports, for a wine that has no such file.
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID data, ULONG size); // RtlGenRandom

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
  while (size > 0) {
    ULONG part = size > 0x10000000 ? 0x10000000 : (ULONG)size;
    if (!SystemFunction036(data, part)) {
      return FALSE;
    }
    data += part;
    size -= part;
  }
  return TRUE;
}
