# scripts/study.py from stores to tables, on runs of six updates.
file(REMOVE_RECURSE ${work})
set(common --programs ${programs} --jobs 2 --seeds 2 --other-seeds 1 --variants scar random
    --set=--train.duration=6u --set=--train.batch=16 --set=--train.warmup=2u --set=--train.validate_every=6u
    --set=--game.warmup_steps=2 --set=--game.batch=8 --set=--model.width=32 --set=--model.embedding=32
    --set=--model.ecg.blocks=1 --set=--model.text.blocks=1 --set=--model.masker.width=16)

# A study is called; its tables hold all texts of `wanted`, and come from files alone when it is called again.
function(check_study wanted)
  set(command ${python} ${source}/scripts/study.py ${ARGN} ${common})
  execute_process(COMMAND ${command} OUTPUT_VARIABLE printed ERROR_VARIABLE messages RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${command}\nleft with ${status}\n${messages}")
  endif()
  foreach(text ${wanted})
    string(FIND "${printed}" "${text}" place)
    if(place EQUAL -1)
      message(FATAL_ERROR "the tables lack '${text}':\n${printed}")
    endif()
  endforeach()
  execute_process(COMMAND ${command} --tables OUTPUT_VARIABLE again RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT again STREQUAL printed)
    message(FATAL_ERROR "printed again:\n${again}\nfirst:\n${printed}")
  endif()
endfunction()

check_study("| scar | 2 |;| random | 2 |;scar against random;primary_removed"
            synthetic --out ${work}/synthetic --records 200 --evaluation-records 60 --seconds 2)
# Any store and task will do for the study of real records.
check_study("### synth;| scar | 2 |;| random | 2 |;CMRS"
            ptbxl --out ${work}/real --store ${work}/synthetic/evaluation.store --tasks synth --fold 9,10
            --set=--data.train_folds=1,2,3,4,5,6,7,8 --set=--data.holdout=0)
